/** Random, so that no suite but the one about weak passwords meets the warning for guessable ones. */
export const PASSWORD = "bXq7Vn2Ld0Ht9sKc4Wz8Rf3Yp6Jm1Ga5Ue-Qo_TiSvN";
export const OLD_PASSWORD = "3fKw8ZtRb6Xc1Pm9Jd4Yh7Ns2Lq5Vg0Te-Ua_OiBxCW";
export const OTHER_PASSWORD = "Hy6Gt2Mv9Qz4Ck8Lx1Wd5Rn7Sb3Pf0Ja-Ie_UoTqEK";

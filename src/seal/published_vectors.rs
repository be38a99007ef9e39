//! Wycheproof's vectors (C2SP), driven through the functions that seal and open. Each set says how many it holds for us, so
//! that one which comes to nothing is seen.

#![forbid(unsafe_code)]

use wycheproof::TestResult::{self, Invalid, Valid};
use wycheproof::{aead, cipher, hkdf, mac};

use crate::error::Error;
use crate::seal::hkdf::Prk;
use crate::seal::ik1::gcm;
use crate::seal::iron;
use crate::seal::key_cache::KeyUse;

/// How many vectors have to pass, and how many have to be refused.
#[derive(Debug, Default, PartialEq, Eq)]
struct Run {
    valid: usize,
    invalid: usize,
}

impl Run {
    fn count(&mut self, result: TestResult, id: usize) {
        match result {
            Valid => self.valid += 1,
            Invalid => self.invalid += 1,
            TestResult::Acceptable => panic!("vector {id} leaves open whether it passes"),
        }
    }
}

#[test]
fn aes_256_gcm() {
    let mut run = Run::default();
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let ours = set
        .test_groups
        .iter()
        .filter(|group| (group.key_size, group.nonce_size, group.tag_size) == (256, 96, 128));
    for test in ours.flat_map(|group| &group.tests) {
        run.count(test.result, test.tc_id);
        let (key, nonce) = (test.key[..].try_into().unwrap(), test.nonce[..].try_into().unwrap());
        let mut data = [&test.ct[..], &test.tag].concat();
        let opened = gcm::open(key, nonce, &test.aad, &mut data);
        assert_eq!(opened.is_some(), test.result == Valid, "{}: {}", test.tc_id, test.comment);
        if let Some(length) = opened {
            assert_eq!(data[..length], test.pt[..], "{}", test.tc_id);
            let mut sealed = test.pt.to_vec();
            assert_eq!(gcm::seal(key, nonce, &test.aad, &mut sealed).unwrap(), test.tag[..], "{}", test.tc_id);
            assert_eq!(sealed, test.ct[..], "{}", test.tc_id);
        }
    }
    assert_eq!(run, Run { valid: 39, invalid: 27 });
}

#[test]
fn hkdf_sha256() {
    let mut run = Run::default();
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha256).unwrap();
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        run.count(test.result, test.tc_id);
        let mut out = vec![0; test.size];
        let expanded = Prk::extract(&test.salt, &test.ikm).expand(&[&test.info], &mut out);
        assert_eq!(expanded.is_some(), test.result == Valid, "{}: {}", test.tc_id, test.comment);
        if expanded.is_some() {
            assert_eq!(out, test.okm[..], "{}", test.tc_id);
        }
    }
    assert_eq!(run, Run { valid: 83, invalid: 3 });
}

/// Whole MACs, of keys of any length. A MAC that was cut short does not fit the type.
#[test]
fn hmac_sha256() {
    let mut run = Run::default();
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let ours = set.test_groups.iter().filter(|group| group.tag_size == 256);
    for test in ours.flat_map(|group| &group.tests) {
        run.count(test.result, test.tc_id);
        let tag = test.tag[..].try_into().unwrap();
        let verified = iron::mac::verify(&test.key, &test.msg, tag);
        assert_eq!(verified, test.result == Valid, "{}: {}", test.tc_id, test.comment);
        assert_eq!(iron::mac::sign(&test.key, &test.msg).as_ref() == tag, verified, "{}", test.tc_id);
    }
    assert_eq!(run, Run { valid: 33, invalid: 54 });
}

#[test]
fn aes_256_cbc() {
    let mut run = Run::default();
    let set = cipher::TestSet::load(cipher::TestName::AesCbcPkcs5).unwrap();
    let ours = set.test_groups.iter().filter(|group| group.key_size == 256);
    for test in ours.flat_map(|group| &group.tests) {
        run.count(test.result, test.tc_id);
        let (usage, iv) = (KeyUse::Aes256Cbc, test.nonce[..].try_into().unwrap());
        let decrypted = iron::cipher::decrypt(usage, &test.key, iv, test.ct.to_vec());
        if test.result == Valid {
            assert_eq!(decrypted.unwrap(), test.pt[..], "{}", test.tc_id);
            assert_eq!(iron::cipher::encrypt(usage, &test.key, iv, &test.pt).unwrap(), test.ct[..], "{}", test.tc_id);
        } else {
            assert_eq!(decrypted.unwrap_err(), Error::Decrypt, "{}: {}", test.tc_id, test.comment);
        }
    }
    assert_eq!(run, Run { valid: 24, invalid: 48 });
}

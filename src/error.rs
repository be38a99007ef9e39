//! The one error type, and the one table of codes.
//!
//! Callers branch on [`Error::code`], never on text. The texts of the sealing errors are those of iron-webcrypto 2 and
//! h3 2.0.8, since applications and their tests match them. No text holds a secret, a token, an id or session data.

#![forbid(unsafe_code)]

/// Declares [`ErrorCode`], its strings and its descriptions from one table.
macro_rules! error_codes {
    ($( $variant:ident = $code:literal: $description:literal, )*) => {
        /// The stable codes: what `err.code` holds in JavaScript.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $( #[doc = $description] $variant, )*
        }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$( Self::$variant, )*];

            /// The code as JavaScript sees it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $code, )* }
            }

            /// What it means and what to do, in one line for the docs.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self { $( Self::$variant => $description, )* }
            }
        }
    };
}

error_codes! {
    SealInvalid = "ERR_SEAL_INVALID": "The token is malformed, forged, or sealed with another key. Treat it as no session.",
    SealExpired = "ERR_SEAL_EXPIRED": "The token or the session in it is older than its lifetime. Ask the user to sign in again.",
    SealUnsupported = "ERR_SEAL_UNSUPPORTED": "The sealing options name an algorithm or a value that does not exist. Correct the options.",
    KeyWeak = "ERR_KEY_WEAK": "The password or key is missing, too short or of the wrong size. Use at least 32 random characters.",
    KeyUnknown = "ERR_KEY_UNKNOWN": "The token names a password id that the configuration does not hold.",
    Busy = "ERR_BUSY": "Too many first-seen tokens are waiting for their keys. Answer 503 and let the client try again.",
    Config = "ERR_CONFIG": "An option is missing or has the wrong form. The message names it.",
    NativeMissing = "ERR_NATIVE_MISSING": "The native binary for this platform is not installed. The message names the package and the command.",
    ReadOnly = "ERR_READ_ONLY": "A session was written where no response can carry its cookie, such as a WebSocket hook.",
    KeyringClosed = "ERR_KEYRING_CLOSED": "The key ring was closed, and its keys are gone. Make a new one.",
    KeyringUnavailable = "ERR_KEYRING_UNAVAILABLE": "The function of a key ring failed, so a key is not known. Answer 503 and let the client try again.",
    CookieTooLarge = "ERR_COOKIE_TOO_LARGE": "The sealed session is larger than its cookies may be. Keep less in the session.",
    Csrf = "ERR_CSRF": "The request may have been sent by another site, or lacks a valid CSRF token. It was answered with 403.",
    Schema = "ERR_SCHEMA": "The data of a session does not match its schema. The message names the places, and nothing was written.",
    SessionRevoked = "ERR_SESSION_REVOKED": "The session was ended before its time. Ask the user to sign in again.",
    SessionNotFound = "ERR_SESSION_NOT_FOUND": "There is no such session any more, so nothing was written. Ask the user to sign in again.",
    SessionConflict = "ERR_SESSION_CONFLICT": "Another request changed the session at the same time. Nothing was written; read it again and repeat the change.",
    SessionTooLarge = "ERR_SESSION_TOO_LARGE": "The data of a session is larger than its store takes. Nothing was written; keep less in the session.",
    SessionExists = "ERR_SESSION_EXISTS": "A new session met an id that is taken. Nothing was written; try again.",
    SessionLimit = "ERR_SESSION_LIMIT": "The user has as many sessions as the cap allows. End one of them first.",
    StoreTimeout = "ERR_STORE_TIMEOUT": "The store did not answer within the deadline. Answer 503 and let the client try again.",
    StoreClosed = "ERR_STORE_CLOSED": "The store was closed. Make a new one.",
    StoreCorrupt = "ERR_STORE_CORRUPT": "The store holds something that cannot be read. The message names the place.",
    StoreVersion = "ERR_STORE_VERSION": "A newer version of Ironkeep wrote the store. Use that version, or another place.",
    Aborted = "ERR_ABORTED": "The call was given up by its signal. It was done as a whole, or not at all.",
    RateLimited = "ERR_RATE_LIMITED": "A rate limit refused the request. Answer 429, and let the client wait for as long as Retry-After says.",
    StoreUnavailable = "ERR_STORE_UNAVAILABLE": "What a session has to be looked up in does not answer. Answer 503 and let the client try again.",
    Internal = "ERR_INTERNAL": "A defect in Ironkeep, such as a caught panic. Please report it.",
}

impl AsRef<str> for ErrorCode {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

/// Everything that can go wrong in the core.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No password, or an empty one.
    #[error("Empty password")]
    EmptyPassword,
    /// A sealing id that is not `\w+`.
    #[error("Invalid password id")]
    InvalidPasswordId,
    /// A password string under the minimum, counted in UTF-16 units as JavaScript counts.
    #[error("Password string too short (min {min} characters required)")]
    PasswordTooShort {
        /// The minimum that the options ask for.
        min: u32,
    },
    /// A key given as bytes that is shorter than the algorithm's key.
    #[error("Key buffer (password) too small")]
    KeyTooSmall,
    /// A key given as bytes of a length that AES does not take.
    #[error("Invalid key length")]
    InvalidKeyLength,
    /// The options for one half are missing.
    #[error("Bad options")]
    BadOptions,
    /// An algorithm that iron does not know.
    #[error("Unknown algorithm: {0}")]
    UnknownAlgorithm(String),
    /// A new salt is needed and no size for it is given.
    #[error("Missing salt and saltBits options")]
    MissingSaltBits,
    /// A number of salt bits that is no positive whole number of at most 1,024.
    #[error("Invalid random bits count")]
    InvalidSaltBits,
    /// A number of iterations that PBKDF2 does not take.
    #[error("Invalid number of iterations")]
    InvalidIterations,
    /// Not eight parts.
    #[error("Incorrect number of sealed components")]
    Components,
    /// The first part is not `Fe26.2`.
    #[error("Wrong mac prefix")]
    Prefix,
    /// The expiration is no positive whole number.
    #[error("Invalid expiration")]
    Expiration,
    /// The expiration has passed.
    #[error("Expired seal")]
    Expired,
    /// The token names a password that the map does not hold.
    #[error("Cannot find password: {0}")]
    UnknownPassword(String),
    /// A key of a ring that is not as it has to be; positions count from 1, since an odd id may be a misplaced secret.
    #[error("Key {position} of the key ring {problem}")]
    RingKey {
        /// Which key.
        position: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A key of a ring that can be guessed.
    #[error("Key {position} of the key ring is too short or guessable: make one with `npx ironkeep keys generate`")]
    WeakRingKey {
        /// Which key.
        position: usize,
    },
    /// A password that is too weak to make CSRF tokens with, which show a MAC that guesses can be tried on.
    #[error(
        "CSRF tokens need a password of at least 32 random characters: make one with \
         node -p \"require('crypto').randomBytes(32).toString('base64')\""
    )]
    WeakForCsrf,
    /// A password that is too weak to sign the ids of stored sessions with.
    #[error(
        "Stored sessions need a key ring, or a password of at least 32 random characters: make one with \
         node -p \"require('crypto').randomBytes(32).toString('base64')\""
    )]
    WeakForIds,
    /// Every key of a ring has a `sealFrom` in the future.
    #[error("No key of the key ring may seal yet: the sealFrom of each is in the future")]
    NoSealingKey,
    /// The ring was closed.
    #[error("The key ring is closed")]
    RingClosed,
    /// The MAC does not verify, or the token's form is one that no sealer writes.
    #[error("Bad hmac value")]
    BadMac,
    /// An authentic token with a part that is not canonical base64url.
    #[error("Invalid character in base64 string")]
    InvalidBase64,
    /// An authentic token that does not decrypt: the two halves of the password do not belong together.
    #[error("Decryption failed")]
    Decrypt,
    /// The token would be longer than the reader takes.
    #[error(
        "The sealed session would be {length} characters long, over the limit of {limit}: keep less in the session"
    )]
    TooLarge {
        /// What the token would measure, in characters.
        length: usize,
        /// The limit, in characters.
        limit: usize,
    },
    /// The payload is longer than the reader takes.
    #[error("The session's data is {length} bytes long, over the limit of {limit}: keep less in the session")]
    PayloadTooLarge {
        /// What the payload measures, in bytes.
        length: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The derivation queue is full.
    #[error("Too many session keys are being derived at once, try again in a second")]
    Busy,
    /// The derivation was given up because its runtime ended.
    #[error("The key derivation was cancelled because Ironkeep is shutting down")]
    Cancelled,
    /// A configuration that cannot work; the text names the option and what to write instead.
    #[error("{0}")]
    Config(&'static str),
    /// The system gave no random bytes.
    #[error("The system has no random bytes to give")]
    Random,
    /// A primitive refused what it always takes.
    #[error("A cryptographic primitive failed")]
    Primitive,
    /// A panic. What it said is not repeated, since it may hold session data.
    #[error("A defect in Ironkeep ended this call. Please report it, with the line that Ironkeep wrote to stderr")]
    Panicked,
    /// More data than a store takes for a session.
    #[error("The session's data is {length} bytes long, over the store's limit of {limit}: keep less in the session")]
    SessionTooLarge {
        /// What the data measures, in bytes.
        length: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The caller gave the call up.
    #[error("The call was given up by its AbortSignal")]
    Aborted,
    /// The store was closed.
    #[error("The session store is closed")]
    StoreClosed,
    /// The store did not answer in time.
    #[error("The session store did not answer within its deadline")]
    StoreTimeout,
    /// The store cannot be used now; the text says why, in one line. Whether a write was done is not known.
    #[error("{0}")]
    StoreUnavailable(String),
    /// The store could not be asked, such as for want of a connection: nothing was sent, and nothing done.
    #[error("{0}")]
    StoreUnreached(String),
    /// The store was asked and refused the call as a whole: it is there, and nothing was done.
    #[error("{0}")]
    StoreRefused(String),
    /// The store holds what cannot be read; the text names the place.
    #[error("{0}")]
    StoreCorrupt(String),
    /// A newer version wrote the store; the text says which.
    #[error("{0}")]
    StoreVersion(String),
    /// The system gave no thread.
    #[error("The system gave no thread for Ironkeep's work, try again in a second")]
    NoThread,
}

impl Error {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::EmptyPassword
            | Self::InvalidPasswordId
            | Self::PasswordTooShort { .. }
            | Self::KeyTooSmall
            | Self::WeakRingKey { .. }
            | Self::WeakForCsrf
            | Self::WeakForIds
            | Self::InvalidKeyLength => ErrorCode::KeyWeak,
            Self::BadOptions
            | Self::UnknownAlgorithm(_)
            | Self::MissingSaltBits
            | Self::InvalidSaltBits
            | Self::InvalidIterations => ErrorCode::SealUnsupported,
            Self::Components | Self::Prefix | Self::Expiration | Self::BadMac | Self::InvalidBase64 | Self::Decrypt => {
                ErrorCode::SealInvalid
            }
            Self::Expired => ErrorCode::SealExpired,
            Self::UnknownPassword(_) => ErrorCode::KeyUnknown,
            Self::TooLarge { .. } | Self::PayloadTooLarge { .. } => ErrorCode::CookieTooLarge,
            Self::Busy | Self::Cancelled | Self::NoThread => ErrorCode::Busy,
            Self::SessionTooLarge { .. } => ErrorCode::SessionTooLarge,
            Self::Aborted => ErrorCode::Aborted,
            Self::StoreClosed => ErrorCode::StoreClosed,
            Self::StoreTimeout => ErrorCode::StoreTimeout,
            Self::StoreUnavailable(_) | Self::StoreUnreached(_) | Self::StoreRefused(_) => ErrorCode::StoreUnavailable,
            Self::StoreCorrupt(_) => ErrorCode::StoreCorrupt,
            Self::StoreVersion(_) => ErrorCode::StoreVersion,
            Self::Config(_) | Self::RingKey { .. } | Self::NoSealingKey => ErrorCode::Config,
            Self::RingClosed => ErrorCode::KeyringClosed,
            Self::Random | Self::Primitive | Self::Panicked => ErrorCode::Internal,
        }
    }
}

/// A result with the core's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_described() {
        let codes: HashSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            assert!(code.as_str().starts_with("ERR_"), "{code:?}");
            assert!(code.description().ends_with('.'), "{code:?}");
        }
    }

    #[test]
    fn refusals_share_one_code() {
        for error in [Error::Components, Error::Prefix, Error::BadMac, Error::Decrypt, Error::InvalidBase64] {
            assert_eq!(error.code(), ErrorCode::SealInvalid);
        }
    }
}

//! The two ciphers of iron, over `RustCrypto`'s AES.

#![forbid(unsafe_code)]

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, StreamCipher};

use crate::error::{Error, Result};
use crate::seal::key_cache::KeyUse;

const BLOCK: usize = 16;

/// Encrypts `payload`.
///
/// # Errors
/// `ERR_KEY_WEAK` for a key of a size that the cipher does not take.
pub fn encrypt(usage: KeyUse, key: &[u8], iv: &[u8; 16], payload: &[u8]) -> Result<Vec<u8>> {
    if usage == KeyUse::Aes128Ctr {
        return apply_ctr(key, iv, payload.to_vec()).ok_or(Error::InvalidKeyLength);
    }
    let mut buffer = vec![0; (payload.len() / BLOCK + 1) * BLOCK];
    buffer[..payload.len()].copy_from_slice(payload);
    let cipher = cbc::Encryptor::<Aes256>::new_from_slices(key, iv).map_err(|_| Error::InvalidKeyLength)?;
    cipher.encrypt_padded::<Pkcs7>(&mut buffer, payload.len()).map_err(|_| Error::Decrypt)?;
    Ok(buffer)
}

/// Decrypts an authentic `ciphertext`.
///
/// # Errors
/// `ERR_SEAL_INVALID` when the padding is wrong. The MAC has verified by then, so this is no oracle for a forger.
pub fn decrypt(usage: KeyUse, key: &[u8], iv: &[u8; 16], mut ciphertext: Vec<u8>) -> Result<Vec<u8>> {
    if usage == KeyUse::Aes128Ctr {
        return apply_ctr(key, iv, ciphertext).ok_or(Error::InvalidKeyLength);
    }
    let cipher = cbc::Decryptor::<Aes256>::new_from_slices(key, iv).map_err(|_| Error::InvalidKeyLength)?;
    let length = cipher.decrypt_padded::<Pkcs7>(&mut ciphertext).map_err(|_| Error::Decrypt)?.len();
    ciphertext.truncate(length);
    Ok(ciphertext)
}

/// A derived key has 16 bytes; a key given as bytes chooses the AES by its size, as Web Crypto does.
fn apply_ctr(key: &[u8], iv: &[u8; 16], mut data: Vec<u8>) -> Option<Vec<u8>> {
    match key.len() {
        16 => ctr::Ctr128BE::<Aes128>::new_from_slices(key, iv).ok()?.apply_keystream(&mut data),
        24 => ctr::Ctr128BE::<Aes192>::new_from_slices(key, iv).ok()?.apply_keystream(&mut data),
        32 => ctr::Ctr128BE::<Aes256>::new_from_slices(key, iv).ok()?.apply_keystream(&mut data),
        _ => return None,
    }
    Some(data)
}

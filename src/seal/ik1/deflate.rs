//! Raw deflate (RFC 1951) within bounds. The window that an inflater keeps while it works is flate2's, and is not zeroed.

#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::mem;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use zeroize::Zeroizing;

use crate::seal::ik1::token::Refusal;

/// The first guess at how many bytes a stream inflates to, for each byte of it.
const USUAL_RATIO: usize = 4;

thread_local! {
    /// Kept, since getting its 300 KB takes longer than deflating most payloads. No payload stays in it.
    static DEFLATER: RefCell<Compress> = RefCell::new(Compress::new(Compression::default(), false));
}

/// The payload deflated, if that is shorter.
pub(super) fn deflated(payload: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    DEFLATER.with_borrow_mut(|deflater| {
        let mut out = Zeroizing::new(vec![0; payload.len()]);
        let outcome = deflater.compress(payload, &mut out, FlushCompress::Finish);
        let length = usize::try_from(deflater.total_out());
        // This overwrites its buffers.
        deflater.reset();
        match (outcome, length) {
            (Ok(Status::StreamEnd), Ok(length)) if length < payload.len() => {
                out.truncate(length);
                Some(out)
            }
            _ => None,
        }
    })
}

/// Inflates one whole stream of at most `limit` bytes. At no time more than `limit` and one byte are held: that one tells
/// a stream that ends there from one that goes on.
///
/// A stream that does not fit is inflated anew into twice the room. Going on with it would take a window, in which
/// `miniz_oxide` lets a stream refer to what was never written; in one room that is refused, as RFC 1951 has it.
pub(super) fn inflate(stream: &[u8], limit: usize) -> Result<Vec<u8>, Refusal> {
    let most = limit.saturating_add(1);
    let mut room = stream.len().saturating_mul(USUAL_RATIO).clamp(1, most);
    loop {
        let mut held = Zeroizing::new(vec![0; room]);
        let mut inflater = Decompress::new(false);
        let status = inflater.decompress(stream, &mut held, FlushDecompress::Finish);
        let produced = usize::try_from(inflater.total_out()).unwrap_or(usize::MAX);
        let refused = Refusal::Inflation { produced };
        let is_whole = status.map_err(|_| refused)? == Status::StreamEnd;
        if is_whole && produced <= limit {
            // Bytes behind the end would be a second spelling of the same payload.
            if usize::try_from(inflater.total_in()) != Ok(stream.len()) {
                return Err(refused);
            }
            held.truncate(produced);
            return Ok(mem::take(&mut held));
        }
        // There was room left, or there may be no more of it.
        if produced < room || room == most {
            return Err(refused);
        }
        room = room.saturating_mul(2).min(most);
    }
}

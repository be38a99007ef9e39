//! What is of no store: options, connections, routes. What a store keeps on them is tested with it.

#![forbid(unsafe_code)]

mod options;

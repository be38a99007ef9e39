//! A proxy between a client and a server, which cuts connections, or lets all that they carry vanish.

#![forbid(unsafe_code)]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::server::{PASSWORD, until};

/// As long as it lives it takes connections; a thread of it may be left behind, which ends with the process.
pub(crate) struct Proxy {
    port: u16,
    state: Arc<State>,
}

struct State {
    target: String,
    is_black_hole: AtomicBool,
    /// Of each connection the client's side, then the server's.
    open: Mutex<Vec<TcpStream>>,
    /// How many directions carry.
    carrying: AtomicU32,
}

impl Proxy {
    pub(crate) fn new(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            target: target.to_owned(),
            is_black_hole: AtomicBool::new(false),
            open: Mutex::default(),
            carrying: AtomicU32::new(0),
        });
        let taken = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                taken.take(client);
            }
        });
        Self { port, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://:{PASSWORD}@127.0.0.1:{}", self.port)
    }

    /// Whether all that is sent vanishes, both ways.
    pub(crate) fn set_black_hole(&self, is_one: bool) {
        self.state.is_black_hole.store(is_one, Ordering::SeqCst);
    }

    /// Ends all connections as a server does that ends, and waits until the clients have seen it.
    pub(crate) fn hang_up(&self) {
        // The clients alone are told, and by them the server: so it is over when they have ended their side.
        for client in self.state.open.lock().unwrap().drain(..).step_by(2) {
            drop(client.shutdown(Shutdown::Write));
        }
        until("both sides are gone", || self.state.carrying.load(Ordering::SeqCst) == 0);
    }

    /// Ends all connections.
    pub(crate) fn cut(&self) {
        for stream in self.state.open.lock().unwrap().drain(..) {
            drop(stream.shutdown(Shutdown::Both));
        }
    }
}

impl State {
    fn take(self: &Arc<Self>, client: TcpStream) {
        let Ok(server) = TcpStream::connect(&self.target) else { return };
        let mut open = self.open.lock().unwrap();
        for (from, to) in [(&client, &server), (&server, &client)] {
            let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
            let state = Arc::clone(self);
            state.carrying.fetch_add(1, Ordering::SeqCst);
            thread::spawn(move || {
                state.carry(from, to);
                state.carrying.fetch_sub(1, Ordering::SeqCst);
            });
        }
        open.extend([client, server]);
    }

    fn carry(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut bytes = [0; 16 * 1024];
        while let Ok(length @ 1..) = from.read(&mut bytes) {
            if !self.is_black_hole.load(Ordering::SeqCst) && to.write_all(&bytes[..length]).is_err() {
                break;
            }
        }
        drop(to.shutdown(Shutdown::Both));
    }
}

//! A server that answers as a test says, for what no real one can be brought to.

#![forbid(unsafe_code)]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use super::server::options_of;
use crate::redis::{Options, Topology};

type Answer = dyn Fn(&[String]) -> String + Send + Sync;

/// As long as the process lives it takes connections.
pub(crate) struct Scripted {
    port: u16,
}

impl Scripted {
    /// `answer` gives a whole reply, such as `+OK\r\n`, for a command and its arguments.
    pub(crate) fn new(answer: impl Fn(&[String]) -> String + Send + Sync + 'static) -> Self {
        Self::with_port(|_| answer)
    }

    /// The same, where the answers name the server's own port.
    pub(crate) fn with_port<A>(answer: impl FnOnce(u16) -> A) -> Self
    where
        A: Fn(&[String]) -> String + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer: Arc<Answer> = Arc::new(answer(port));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let answer = Arc::clone(&answer);
                thread::spawn(move || serve(client, &*answer));
            }
        });
        Self { port }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn options(&self) -> Options {
        options_of(Topology::Standalone { url: self.url() })
    }

    /// As the only node of a Cluster. It has to answer `CLUSTER SLOTS`.
    pub(crate) fn options_of_cluster(&self) -> Options {
        options_of(Topology::Cluster { nodes: vec![self.url()] })
    }
}

/// What the only node of a Cluster answers to `CLUSTER SLOTS`.
pub(crate) fn all_slots(port: u16) -> String {
    format!("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:{port}\r\n")
}

fn serve(mut client: TcpStream, answer: &Answer) {
    let mut reader = BufReader::new(client.try_clone().unwrap());
    while let Some(command) = read(&mut reader) {
        if client.write_all(answer(&command).as_bytes()).is_err() {
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Vec<String>> {
    let length = |reader: &mut dyn BufRead| {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        line.trim_end().get(1..)?.parse::<usize>().ok()
    };
    let count = length(reader)?;
    let mut command = Vec::with_capacity(count);
    for _ in 0..count {
        let mut bytes = vec![0; length(reader)? + 2];
        reader.read_exact(&mut bytes).ok()?;
        bytes.truncate(bytes.len() - 2);
        command.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    Some(command)
}

//! A connection on its own: whose answer is whose, and how it ends.

#![forbid(unsafe_code)]

use std::future::Future;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use redis::{Cmd, Value};
use tokio::runtime::Builder;

use super::{Answer, Commands, Link};
use crate::redis::stream::connect;
use crate::redis::target::Address;

/// Runs what is done with a connection to somebody who gets the other end.
fn with<S, T, W>(server: S, client: impl FnOnce(Link) -> W) -> T
where
    S: FnOnce(TcpStream) + Send + 'static,
    W: Future<Output = T>,
{
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address { host: "127.0.0.1".to_owned(), port: listener.local_addr().unwrap().port() };
    let serving = thread::spawn(move || server(listener.accept().unwrap().0));
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let result = runtime.block_on(async { client(Link::new(connect(&address, false).await.unwrap())).await });
    // What is still moved there ends by itself, and not by the end of the runtime.
    runtime.block_on(async {
        while !serving.is_finished() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    serving.join().unwrap();
    result
}

/// Answers each command by its last part, some of them together and some in pieces.
fn echo(stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    let (mut line, mut held) = (String::new(), Vec::new());
    for n in 0_usize.. {
        let mut part = String::new();
        line.clear();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            break;
        }
        for _ in 0..line[1..].trim_end().parse::<usize>().unwrap() {
            line.clear();
            reader.read_line(&mut line).unwrap();
            part.clear();
            reader.read_line(&mut part).unwrap();
        }
        held.extend_from_slice(format!("${}\r\n{part}", part.len() - 2).as_bytes());
        let is_last = reader.buffer().is_empty();
        if n % 7 == 0 || is_last {
            let (some, rest) = held.split_at(if is_last { held.len() } else { held.len() / 2 });
            writer.write_all(some).unwrap();
            held = rest.to_vec();
        }
    }
}

fn text(number: u32) -> Value {
    Value::BulkString(number.to_string().into_bytes())
}

#[test]
fn each_gets_its_own_answer_though_others_are_dropped() {
    with(echo, |link| async move {
        let mut answers = Vec::new();
        for number in 0..20_000_u32 {
            let texts = [number.to_string(), (number + 1).to_string()];
            if number % 5 == 0 {
                let mut both = Commands::new(&[b"ECHO", texts[0].as_bytes()]);
                both.add(&[b"ECHO", texts[1].as_bytes()]);
                answers.push((number, true, link.send_all(&both).unwrap()));
            } else {
                answers.push((number, false, link.send(&[b"ECHO"], &[texts[0].as_bytes()]).unwrap()));
            }
            if number % 100 == 99 {
                for (number, is_list, answer) in answers.drain(..) {
                    if number % 3 == 0 {
                        drop(answer);
                    } else if is_list {
                        assert_eq!(answer.get().await.unwrap(), Value::Array(vec![text(number), text(number + 1)]));
                    } else {
                        assert_eq!(answer.get().await.unwrap(), text(number));
                    }
                }
            }
        }
    });
}

/// Were it taken for the next one's answer, every later call would get another's.
#[test]
fn what_was_not_asked_for_ends_the_connection() {
    let server = |mut stream: TcpStream| {
        let _ = stream.read(&mut [0; 1024]).unwrap();
        stream.write_all(b"+one\r\n+two\r\n").unwrap();
        assert_eq!(stream.read(&mut [0; 1024]).unwrap(), 0);
    };
    with(server, |link| async move {
        let ping = Cmd::new().arg("PING").to_owned();
        assert_eq!(link.query(&ping).await.unwrap(), Value::SimpleString("one".to_owned()));
        assert!(link.query(&ping).await.is_err());
        assert!(link.send_command(&ping).is_err());
    });
}

#[test]
fn what_is_no_reply_ends_the_connection_for_all_who_wait() {
    let server = |mut stream: TcpStream| {
        let _ = stream.read(&mut [0; 1024]).unwrap();
        stream.write_all(b"+one\r\nHTTP/1.1 400 Bad Request\r\n").unwrap();
        assert_eq!(stream.read(&mut [0; 1024]).unwrap(), 0);
    };
    with(server, |link| async move {
        let ping = Cmd::new().arg("PING").to_owned();
        let answers = [1, 2, 3].map(|_| link.send_command(&ping).unwrap());
        let [one, two, three] = answers.map(Answer::get);
        assert!(one.await.is_ok());
        for other in [two, three] {
            let error = other.await.unwrap_err();
            assert!(error.is_unrecoverable_error() && !error.to_string().contains("HTTP"), "{error}");
        }
    });
}

#[test]
fn all_who_wait_learn_that_the_server_hung_up_and_who_comes_then_sent_nothing() {
    let server = |mut stream: TcpStream| {
        let _ = stream.read(&mut [0; 1024]).unwrap();
    };
    with(server, |link| async move {
        let ping = Cmd::new().arg("PING").to_owned();
        let answers = [1, 2].map(|_| link.send_command(&ping).unwrap());
        for answer in answers {
            let error = answer.get().await.unwrap_err();
            assert!(error.is_io_error() && error.is_connection_dropped(), "{error}");
        }
        assert!(link.send_command(&ping).is_err_and(|error| error.is_connection_dropped()));
    });
}

/// Also where the server takes nothing in, as one that is stopped does.
#[test]
fn the_connection_is_closed_when_nobody_has_it_any_more() {
    let server = |mut stream: TcpStream| {
        thread::sleep(Duration::from_millis(50));
        let mut taken = Vec::new();
        match stream.read_to_end(&mut taken) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
        // More than this was sent.
        assert!(taken.len() < 64 * 1024 * 1024);
    };
    with(server, |link| async move {
        let long = vec![b'x'; 64 * 1024 * 1024];
        let answer = link.send(&[b"ECHO"], &[&long]).unwrap();
        tokio::task::yield_now().await;
        drop(link);
        assert!(answer.get().await.is_err_and(|error| error.is_connection_dropped()));
    });
}

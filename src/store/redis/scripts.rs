//! The scripts: each is one operation on one slot, done as a whole.

#![forbid(unsafe_code)]

use crate::redis::Script;

const COMMON: &str = include_str!("scripts/common.lua");
const ADD: &str = include_str!("scripts/add.lua");

/// All scripts, with one clock.
pub(super) struct Scripts {
    pub(super) create: Script,
    pub(super) save: Script,
    pub(super) touch: Script,
    pub(super) delete: Script,
    pub(super) regenerate: Script,
    pub(super) pending: Script,
    pub(super) remove: Script,
    pub(super) activate: Script,
    pub(super) drop: Script,
    pub(super) list: Script,
    pub(super) count: Script,
    pub(super) revoke: Script,
    pub(super) marker: Script,
    pub(super) import: Script,
}

impl Scripts {
    /// `clock` is the part of a script that sets `now`, `publish` the command that tells of ends.
    pub(super) fn new(clock: &str, publish: Option<&str>) -> Self {
        let publish = publish.map_or("nil".to_owned(), |command| format!("'{command}'"));
        let head = format!("{clock}\nlocal PUBLISH = {publish}\n");
        let script = |parts: &[&str]| {
            let body = parts.concat();
            Script::new(format!("{head}{}{body}", used_by(&body)))
        };
        Self {
            create: script(&[ADD, include_str!("scripts/create.lua")]),
            save: script(&[include_str!("scripts/save.lua")]),
            touch: script(&[include_str!("scripts/touch.lua")]),
            delete: script(&[include_str!("scripts/delete.lua")]),
            regenerate: script(&[ADD, include_str!("scripts/regenerate.lua")]),
            pending: script(&[ADD, include_str!("scripts/pending.lua")]),
            remove: script(&[include_str!("scripts/remove.lua")]),
            activate: script(&[include_str!("scripts/activate.lua")]),
            drop: script(&[include_str!("scripts/drop.lua")]),
            list: script(&[include_str!("scripts/list.lua")]).reading(),
            count: script(&[include_str!("scripts/count.lua")]).reading(),
            revoke: script(&[include_str!("scripts/revoke.lua")]),
            marker: script(&[include_str!("scripts/marker.lua")]),
            import: script(&[include_str!("scripts/import.lua")]),
        }
    }
}

/// Those parts of `common.lua` that a script uses, and that these use, which are before them. The server makes each of them anew
/// whenever the script runs.
fn used_by(body: &str) -> String {
    let mut used: Vec<&str> = Vec::new();
    for part in COMMON.split("\n\n").collect::<Vec<_>>().into_iter().rev() {
        if name(part).is_some_and(|name| uses(body, name) || used.iter().any(|used| uses(used, name))) {
            used.push(part);
        }
    }
    used.reverse();
    used.join("\n") + "\n"
}

/// What a part defines. `None`: it is a comment.
fn name(part: &str) -> Option<&str> {
    let definition = part.lines().find_map(|line| line.strip_prefix("local "))?;
    let definition = definition.strip_prefix("function ").unwrap_or(definition);
    definition.split(|c| !is_in_a_name(c)).next()
}

fn uses(text: &str, name: &str) -> bool {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("--"));
    code.flat_map(|line| line.split(|c| !is_in_a_name(c))).any(|word| word == name)
}

fn is_in_a_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_has_what_it_uses_and_no_more() {
        let names = |body: &str| -> Vec<String> {
            let used = used_by(body);
            used.lines()
                .filter(|line| line.starts_with("local "))
                .filter_map(name)
                .map(str::to_owned)
                .collect()
        };
        assert_eq!(used_by("return {}"), "\n");
        assert_eq!(names("-- live(id)\nlocal at = after(1)"), ["FAR", "after"]);
        assert_eq!(names("return live(ARGV[1])"), ["name", "found", "live"]);
        let touch = used_by(include_str!("scripts/touch.lua"));
        assert!(touch.contains("local function index(") && !touch.contains("local function sessions("), "{touch}");
    }
}

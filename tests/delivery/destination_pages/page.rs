//! What stands on a page.

use std::path::{Path, PathBuf};

/// A page of `docs/destinations`.
#[derive(Debug)]
pub struct Page {
    pub name: String,
    pub text: String,
}

/// A command that a page shows, and what it says that comes of it.
#[derive(Debug)]
pub struct Command {
    pub words: Vec<String>,
    pub answer: Vec<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/destinations")
}

/// The words of a command after `cornerdesk`, without which file is the configuration.
fn words_of(text: &str) -> Vec<String> {
    let text = text.replace(" --config cornerdesk.toml", "");
    text.split_whitespace().map(str::to_owned).collect()
}

impl Page {
    pub fn read(name: &str) -> Self {
        let text = std::fs::read_to_string(folder().join(name)).expect("the page");
        let name = name.to_owned();
        Self { name, text }
    }

    /// All of them.
    pub fn all() -> Vec<Self> {
        let files = std::fs::read_dir(folder()).expect("the pages");
        let names = files.map(|file| file.expect("a page").file_name());
        let mut names: Vec<String> = names
            .map(|name| name.into_string().expect("a name"))
            .collect();
        names.sort();
        names.iter().map(|name| Self::read(name)).collect()
    }

    /// The blocks in a language, without what indents them.
    pub fn blocks(&self, language: &str) -> Vec<String> {
        let (mut blocks, mut open) = (Vec::new(), None);
        let fence = format!("```{language}");
        for line in self.text.lines() {
            match &mut open {
                None if line.trim_end().ends_with(&fence) => {
                    open = Some((line.find("```").expect("a fence"), String::new()));
                }
                None => {}
                Some(_) if line.trim() == "```" => {
                    blocks.extend(open.take().map(|(_, block)| block));
                }
                Some((indent, block)) => {
                    let is_deep = line.bytes().take(*indent).all(|byte| byte == b' ');
                    block.push_str(if is_deep {
                        line.get(*indent..).unwrap_or("")
                    } else {
                        line
                    });
                    block.push('\n');
                }
            }
        }
        blocks
    }

    /// The first of them.
    pub fn first(&self, language: &str) -> String {
        self.blocks(language).into_iter().next().expect("a block")
    }

    /// The commands that stand in blocks with what comes of them, block by block.
    pub fn shown(&self) -> Vec<Vec<Command>> {
        let of_block = |block: String| {
            let mut commands: Vec<Command> = Vec::new();
            for line in block.lines() {
                if let Some(words) = line.strip_prefix("$ cornerdesk ") {
                    commands.push(Command {
                        words: words_of(words),
                        answer: Vec::new(),
                    });
                } else {
                    let command = commands.last_mut().expect("a command comes first");
                    command.answer.push(line.to_owned());
                }
            }
            commands
        };
        self.blocks("console").into_iter().map(of_block).collect()
    }

    /// Each command that is named anywhere.
    pub fn named(&self) -> Vec<Vec<String>> {
        let mut named = Vec::new();
        for line in self.text.lines() {
            // In a block there is no mark at the end.
            let in_block = line.trim_start().strip_prefix("$ cornerdesk ");
            named.extend(in_block.map(words_of));
            let in_text = line.split("`cornerdesk ").skip(1);
            let in_text = in_text.filter_map(|rest| rest.split_once('`'));
            named.extend(in_text.map(|(words, _)| words_of(words)));
        }
        named
    }
}

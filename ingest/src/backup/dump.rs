//! The database of a server is copied by its own tool, while we hold the state of which every named byte is copied.

use tokio::process::Command;

use super::BackupError;

/// What stands for the name of the state in an argument.
const SNAPSHOT: &str = "{snapshot}";

/// A program with its arguments, such as `pg_dump --snapshot={snapshot} …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dump {
    program: String,
    arguments: Vec<String>,
}

impl Dump {
    /// The program that these words name, if there are any.
    ///
    /// # Errors
    /// [`BackupError::NoSnapshot`] when no argument says where the name of the state belongs: the program would copy another one.
    pub fn of(words: Vec<String>) -> Result<Option<Self>, BackupError> {
        let mut words = words.into_iter();
        let Some(program) = words.next() else {
            return Ok(None);
        };
        let arguments: Vec<String> = words.collect();
        if !arguments.iter().any(|word| word.contains(SNAPSHOT)) {
            return Err(BackupError::NoSnapshot);
        }
        Ok(Some(Self { program, arguments }))
    }

    /// Runs it on the state with this name, and waits for its end.
    ///
    /// # Errors
    /// When it cannot be run, or says that it failed.
    pub async fn run(&self, snapshot: &str) -> Result<(), BackupError> {
        let ended = Command::new(&self.program)
            .args(self.arguments_on(snapshot))
            .kill_on_drop(true)
            .status()
            .await;
        match ended {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(BackupError::Dump(self.program.clone(), status)),
            Err(error) => Err(BackupError::NoDump(self.program.clone(), error)),
        }
    }

    fn arguments_on(&self, snapshot: &str) -> impl Iterator<Item = String> {
        let words = self.arguments.iter();
        words.map(move |word| word.replace(SNAPSHOT, snapshot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn the_state_is_named_where_the_operator_says() {
        let dump = Dump::of(words("pg_dump --snapshot={snapshot} cornerdesk"));
        let dump = dump.unwrap().unwrap();
        let arguments: Vec<String> = dump.arguments_on("00000003-1").collect();
        assert_eq!(arguments, ["--snapshot=00000003-1", "cornerdesk"]);
    }

    #[test]
    fn a_program_that_would_copy_another_state_is_refused() {
        let dump = Dump::of(words("pg_dump cornerdesk"));
        assert!(matches!(dump, Err(BackupError::NoSnapshot)));
        assert_eq!(Dump::of(Vec::new()).unwrap(), None);
    }

    #[tokio::test]
    async fn a_program_that_fails_fails_the_backup() {
        let dump = Dump::of(words("false {snapshot}")).unwrap().unwrap();
        let failed = dump.run("1").await.unwrap_err();
        assert_eq!(failed.to_string(), "false did not end well: exit status: 1");
    }
}

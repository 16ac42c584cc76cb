//! Compiling and running programs that use the library, as it would be installed.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What every program is compiled with.
pub const WARNINGS: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

/// A program of the machine that a test needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Gcc,
    Gpp,
    Clang,
    Clangpp,
    Go,
    Python,
    Nm,
    Readelf,
    Valgrind,
}

impl Tool {
    fn name(self) -> &'static str {
        match self {
            Self::Gcc => "gcc",
            Self::Gpp => "g++",
            Self::Clang => "clang",
            Self::Clangpp => "clang++",
            Self::Go => "go",
            Self::Python => "python3",
            Self::Nm => "nm",
            Self::Readelf => "readelf",
            Self::Valgrind => "valgrind",
        }
    }

    /// A call of the program; `None`, said aloud, where the machine does not have it. Where
    /// `BAYPLAN_REQUIRE_TOOLS` is set, as in CI, that is a failure.
    pub fn command(self) -> Option<Command> {
        let name = self.name();
        let argument = if self == Self::Go { "version" } else { "--version" };
        let there = Command::new(name).arg(argument).output().is_ok_and(|it| it.status.success());
        if there {
            return Some(Command::new(name));
        }
        let required = std::env::var_os("BAYPLAN_REQUIRE_TOOLS").is_some();
        assert!(!required, "{name} is not installed");
        eprintln!("SKIPPED: {name} is not installed");
        None
    }
}

/// The folder of the crate.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder for what a test makes.
pub fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

/// The folder with the libraries under the names that they are installed with.
pub fn libraries() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let test = std::env::current_exe().expect("a test is a program");
        let built = test.parent().expect("a program lies in a folder");
        let folder = scratch("lib");
        let names = [
            ("libbayplan_ffi.so", "libbayplan.so"),
            ("libbayplan_ffi.so", "libbayplan.so.0.1"),
            ("libbayplan_ffi.a", "libbayplan.a"),
        ];
        for (from, to) in names {
            let (from, to) = (built.join(from), folder.join(to));
            assert!(from.exists(), "{} was not built", from.display());
            let _there_before = fs::remove_file(&to);
            std::os::unix::fs::symlink(&from, &to).expect("a link can be made");
        }
        folder
    })
}

/// How a program is put together.
#[derive(Clone, Debug)]
pub struct Program<'a> {
    pub compiler: Tool,
    pub standard: &'a str,
    pub sources: &'a [&'a str],
    pub flags: &'a [&'a str],
    pub is_static: bool,
}

impl Program<'_> {
    /// Compiles and links the program; `None` where the compiler is missing.
    pub fn build(&self, name: &str) -> Option<PathBuf> {
        let mut command = self.compiler.command()?;
        let program = scratch("programs").join(name);
        command.arg(format!("-std={}", self.standard)).args(WARNINGS).args(self.flags);
        command.arg("-g").arg("-I").arg(root().join("include"));
        command.args(self.sources.iter().map(|source| root().join(source)));
        if self.is_static {
            command.arg(libraries().join("libbayplan.a"));
            command.args(["-lpthread", "-ldl", "-lm"]);
        } else {
            command.arg("-L").arg(libraries()).args(["-lbayplan", "-lpthread"]);
        }
        run(command.arg("-o").arg(&program));
        Some(program)
    }
}

/// A call of a program that finds the shared library.
pub fn with_library(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", libraries());
    command
}

/// Runs a command that must succeed; what it prints.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (printed, said) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{printed}\n{said}", output.status);
    printed
}

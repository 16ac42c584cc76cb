//! Manifests from files, directories and standard input, also compressed with gzip.
//!
//! Texts are read in blocks of whole documents, so that a million of them need no second copy in
//! memory.

use bayplan::objects::manifest::{self, Input, Reader};
use flate2::bufread::MultiGzDecoder;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Extensions that are read in a directory; each also with `.gz` behind it.
const EXTENSIONS: [&str; 5] = ["yaml", "yml", "json", "jsonl", "ndjson"];

/// Most bytes that documents which cannot be told apart may have once they are decompressed.
const DOCUMENT_BYTES_MAX: usize = 2 << 30;

/// How many bytes are read at a time.
const BLOCK_BYTES: u64 = 8 << 20;

/// Reads manifests: files of any name, directories with all that is below them, `-` for standard
/// input.
///
/// # Errors
/// Returns what could not be opened or read. Faults of the text are in the [`Input`].
pub fn read(paths: &[PathBuf]) -> Result<Input, ReadError> {
    let mut reader = Reader::new();
    for path in paths {
        if path == Path::new("-") {
            let stdin = io::stdin().lock();
            read_text(&mut reader, "-", stdin).map_err(|error| ReadError::new(path, &error))?;
            continue;
        }
        for file in files(path)? {
            let open = File::open(&file).map(BufReader::new);
            let name = file.display().to_string();
            open.and_then(|open| read_text(&mut reader, &name, open))
                .map_err(|error| ReadError::new(&file, &error))?;
        }
    }
    Ok(reader.finish())
}

/// A file or directory that could not be read.
#[derive(Debug)]
pub struct ReadError {
    path: PathBuf,
    reason: String,
}

impl ReadError {
    fn new(path: &Path, error: &io::Error) -> Self {
        Self { path: path.to_owned(), reason: error.to_string() }
    }
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot read {}: {}", self.path.display(), self.reason)
    }
}

impl std::error::Error for ReadError {}

/// The path itself, or the manifests below it in the order of their paths.
fn files(path: &Path) -> Result<Vec<PathBuf>, ReadError> {
    let fault = |at: &Path, error: io::Error| ReadError::new(at, &error);
    let metadata = fs::metadata(path).map_err(|error| fault(path, error))?;
    if !metadata.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut directories = vec![path.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).map_err(|error| fault(&directory, error))? {
            let entry = entry.map_err(|error| fault(&directory, error))?;
            // The type of the entry itself: a symbolic link to a directory could be a cycle.
            let kind = entry.file_type().map_err(|error| fault(&directory, error))?;
            if kind.is_dir() {
                directories.push(entry.path());
            } else if is_manifest(&entry.path()) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn is_manifest(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.').is_some_and(|(_, extension)| EXTENSIONS.contains(&extension))
}

/// Reads one text, decompressed where it begins as gzip does.
fn read_text(reader: &mut Reader, name: &str, mut text: impl BufRead) -> io::Result<()> {
    reader.begin(name);
    if text.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        feed(reader, BufReader::new(MultiGzDecoder::new(text)))
    } else {
        feed(reader, text)
    }
}

/// Feeds a text in parts of whole documents.
fn feed(reader: &mut Reader, mut text: impl Read) -> io::Result<()> {
    let mut block = Vec::new();
    loop {
        let seen = block.len();
        let read = text.by_ref().take(BLOCK_BYTES).read_to_end(&mut block)?;
        if read == 0 {
            reader.feed(&block);
            return Ok(());
        }
        let whole = manifest::whole_documents(&block, seen);
        if whole > 0 {
            reader.feed(&block[..whole]);
            block.drain(..whole);
        } else if seen == 0 && manifest::nests_too_deeply(&block) {
            // What follows cannot make it better, and may be as long as it likes.
            reader.feed(&block);
            return Ok(());
        } else if block.len() > DOCUMENT_BYTES_MAX {
            let message = format!("a document is longer than {} GiB", DOCUMENT_BYTES_MAX >> 30);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn node(name: &str) -> String {
        format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{{\"name\":\"{name}\"}}}}\n"
        )
    }

    fn compressed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).expect("memory can be written");
        encoder.finish().expect("memory can be written")
    }

    fn read(text: &[u8]) -> io::Result<Input> {
        let mut reader = Reader::new();
        read_text(&mut reader, "text", BufReader::new(text))?;
        Ok(reader.finish())
    }

    #[test]
    fn compressed_text_reads_like_plain_text() {
        let text = node("a") + &node("b");
        for text in [text.as_bytes(), &compressed(text.as_bytes())] {
            assert_eq!(read(text).expect("readable").objects.len(), 2);
        }
    }

    #[test]
    fn a_cut_off_archive_is_an_error() {
        let mut text = compressed(node("a").as_bytes());
        text.truncate(text.len() - 6);
        assert_eq!(read(&text).expect_err("cut off").kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_text_longer_than_a_block_is_read_whole() {
        let count = 2 * BLOCK_BYTES as usize / node("node-0000000").len();
        let text: String = (0..count).map(|ix| node(&format!("node-{ix:07}"))).collect();
        let input = read(text.as_bytes()).expect("readable");
        assert_eq!((input.objects.len(), input.faults.len()), (count, 0));
        assert_eq!(input.objects[count - 1].line, count);
    }

    #[test]
    fn brackets_without_end_are_not_read_to_the_end() {
        struct Brackets(u64);
        impl Read for Brackets {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                buffer.fill(b'[');
                self.0 += buffer.len() as u64;
                Ok(buffer.len())
            }
        }
        let (mut reader, mut brackets) = (Reader::new(), Brackets(0));
        feed(&mut reader, &mut brackets).expect("readable");
        let faults = reader.finish().faults;
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].message, "brackets nest too deeply");
        assert!(brackets.0 <= 2 * BLOCK_BYTES, "{} bytes", brackets.0);
    }

    #[test]
    fn a_path_that_is_not_there_is_named() {
        let error = super::read(&[PathBuf::from("no/such/file.yaml")]).expect_err("not there");
        assert!(error.to_string().starts_with("cannot read no/such/file.yaml: "), "{error}");
    }
}

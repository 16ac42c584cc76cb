//! `bayplan place`.

use crate::Verdict;
use crate::arguments::{Output, Place};
use crate::fault::Fault;
use crate::progress::Progress;
use crate::render::placement::{Detail, TableOptions};
use crate::render::{self, placement};
use bayplan::plan;
use std::io::{BufWriter, Write};
use std::time::Instant;

/// Places every pod and prints where.
pub fn run(arguments: &Place) -> Result<Verdict, Fault> {
    let objects = super::objects(&arguments.input, arguments.scheduling.order)?;
    let options = super::place_options(&arguments.scheduling)?;
    let started = Instant::now();
    let mut progress = Progress::new("placing");
    let placed = plan::place(objects, &options, &mut |done, total| progress.set(done, total))
        .map_err(Fault::new)?;
    drop(progress);
    let table = |detail| TableOptions { detail, nodes: arguments.summary, took: started.elapsed() };
    let mut out = BufWriter::new(anstream::stdout().lock());
    match arguments.output {
        Output::Table => placement::table(&placed, table(Detail::Normal), &mut out)?,
        Output::Wide => placement::table(&placed, table(Detail::Wide), &mut out)?,
        Output::Json => render::json(&placed, &mut out)?,
        Output::Yaml => render::yaml(&placed, &mut out)?,
        Output::Name => placement::names(&placed, &mut out)?,
    }
    out.flush()?;
    Ok(if placed.is_complete() { Verdict::Well } else { Verdict::Pending })
}

//! `bayplan explain`.

use crate::Verdict;
use crate::arguments::{Explain, ExplainOutput};
use crate::fault::Fault;
use crate::progress::Progress;
use crate::render::{self, explanation};
use bayplan::plan;
use std::io::{BufWriter, Write};

/// Places every pod and prints what was said about one.
pub fn run(arguments: &Explain) -> Result<Verdict, Fault> {
    let objects = super::objects(&arguments.input, arguments.scheduling.order)?;
    let options = super::place_options(&arguments.scheduling)?;
    let mut progress = Progress::new("placing");
    let explained = plan::explain(objects, &arguments.pod, &options, &mut |done, total| {
        progress.set(done, total);
    })
    .map_err(Fault::new)?;
    drop(progress);
    let mut out = BufWriter::new(anstream::stdout().lock());
    match arguments.output {
        ExplainOutput::Table => explanation::table(&explained, &mut out)?,
        ExplainOutput::Json => render::json(&explained, &mut out)?,
        ExplainOutput::Yaml => render::yaml(&explained, &mut out)?,
    }
    out.flush()?;
    Ok(if explained.pod.node.is_some() { Verdict::Well } else { Verdict::Pending })
}

//! `overt model`: who can be asked.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// List the systems known by name
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a system's identity, and what a probe found
    #[command(after_help = "\
Examples:
  overt model show smollm2-135m
  overt model show openai/gpt-x")]
    Show {
        /// The system
        system: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Find out what a system can do, by asking it a few small questions, and remember it
    #[command(after_help = "\
Examples:
  overt model probe openai/gpt-x
  overt model probe llama@http://localhost:8080/v1 --max-requests 100   more asked at once, to see when it throttles
  overt model probe assistant --max-requests 12 --json                  the cheapest useful look

Looked for are: an answer, usage, a fingerprint, the stated context, which settings are taken, whether answers repeat at
temperature 0, what the seed does, log-probabilities, the system role, stop texts, tools, streaming, several choices, and
at how many at once it throttles. Each finding is yes, no, unknown or not applicable, with what was seen.
What is found is kept in OVERT_HOME/probes and recorded with every later run on the system.")]
    Probe {
        /// The system
        system: String,
        /// Send this many requests at most
        #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        max_requests: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Fetch a model of the catalogue
    #[command(after_help = "Examples:\n  overt model pull smollm2-135m")]
    Pull {
        /// The model's name
        name: String,
    },
}

//! What a task can give evidence about: the categories of published taxonomies.
//!
//! A task's `measures` are tags of the form `taxonomy:category`. They make coverage countable across tasks and let a
//! reader find the evidence for one obligation. A tag claims relevance, not sufficiency.

use crate::suggest::nearest;

/// One category of a taxonomy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Category {
    /// The tag as task files carry it, for example `owasp-llm:LLM01`.
    pub tag: &'static str,
    /// The category's title in its taxonomy.
    pub title: &'static str,
}

impl Category {
    /// The taxonomy that the category belongs to.
    pub fn taxonomy(&self) -> Option<&'static Taxonomy> {
        TAXONOMIES.iter().find(|taxonomy| taxonomy.categories.iter().any(|category| category == self))
    }
}

/// A published list of categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taxonomy {
    /// What stands before the colon of its tags.
    pub name: &'static str,
    /// Its full title with version.
    pub title: &'static str,
    /// Its categories, in its own order.
    pub categories: &'static [Category],
}

/// A tag that no taxonomy here has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no taxonomy has the category `{tag}`")]
pub struct UnknownTag {
    /// The tag.
    pub tag: String,
    /// The known tag that may have been meant.
    pub nearest: Option<&'static str>,
}

/// The category of a tag.
///
/// # Errors
/// When the tag is unknown; the error names the nearest known one.
///
/// ```
/// let category = overt_schema::taxonomy::category("owasp-llm:LLM01")?;
/// assert_eq!(category.title, "Prompt Injection");
/// # Ok::<(), overt_schema::taxonomy::UnknownTag>(())
/// ```
pub fn category(tag: &str) -> Result<&'static Category, UnknownTag> {
    categories()
        .find(|category| category.tag == tag)
        .ok_or_else(|| UnknownTag { tag: tag.to_owned(), nearest: nearest(tag, categories().map(|c| c.tag)) })
}

/// All categories of all taxonomies.
pub fn categories() -> impl Iterator<Item = &'static Category> {
    TAXONOMIES.iter().flat_map(|taxonomy| taxonomy.categories)
}

/// The taxonomies that tags can name.
pub const TAXONOMIES: &[Taxonomy] = &[
    Taxonomy {
        name: "ailuminate",
        title: "MLCommons AILuminate v1.0, hazard categories",
        categories: AILUMINATE,
    },
    Taxonomy { name: "owasp-llm", title: "OWASP Top 10 for LLM Applications 2025", categories: OWASP_LLM },
    Taxonomy {
        name: "nist-600-1",
        title: "NIST AI 600-1, Generative AI Profile (July 2024), risks",
        categories: NIST_600_1,
    },
    Taxonomy {
        name: "eu-ai-act",
        title: "Regulation (EU) 2024/1689 (AI Act), articles",
        categories: EU_AI_ACT,
    },
];

const fn is(tag: &'static str, title: &'static str) -> Category {
    Category { tag, title }
}

const AILUMINATE: &[Category] = &[
    is("ailuminate:vcr", "Violent Crimes"),
    is("ailuminate:ncr", "Non-Violent Crimes"),
    is("ailuminate:src", "Sex-Related Crimes"),
    is("ailuminate:cse", "Child Sexual Exploitation"),
    is("ailuminate:iwp", "Indiscriminate Weapons (CBRNE)"),
    is("ailuminate:ssh", "Suicide and Self-Harm"),
    is("ailuminate:ipv", "Intellectual Property"),
    is("ailuminate:dfm", "Defamation"),
    is("ailuminate:hte", "Hate"),
    is("ailuminate:prv", "Privacy"),
    is("ailuminate:spc", "Specialized Advice"),
    is("ailuminate:sxc", "Sexual Content"),
];

const OWASP_LLM: &[Category] = &[
    is("owasp-llm:LLM01", "Prompt Injection"),
    is("owasp-llm:LLM02", "Sensitive Information Disclosure"),
    is("owasp-llm:LLM03", "Supply Chain"),
    is("owasp-llm:LLM04", "Data and Model Poisoning"),
    is("owasp-llm:LLM05", "Improper Output Handling"),
    is("owasp-llm:LLM06", "Excessive Agency"),
    is("owasp-llm:LLM07", "System Prompt Leakage"),
    is("owasp-llm:LLM08", "Vector and Embedding Weaknesses"),
    is("owasp-llm:LLM09", "Misinformation"),
    is("owasp-llm:LLM10", "Unbounded Consumption"),
];

const NIST_600_1: &[Category] = &[
    is("nist-600-1:cbrn", "CBRN Information or Capabilities"),
    is("nist-600-1:confabulation", "Confabulation"),
    is("nist-600-1:dangerous-content", "Dangerous, Violent, or Hateful Content"),
    is("nist-600-1:data-privacy", "Data Privacy"),
    is("nist-600-1:environmental-impacts", "Environmental Impacts"),
    is("nist-600-1:harmful-bias", "Harmful Bias and Homogenization"),
    is("nist-600-1:human-ai-configuration", "Human-AI Configuration"),
    is("nist-600-1:information-integrity", "Information Integrity"),
    is("nist-600-1:information-security", "Information Security"),
    is("nist-600-1:intellectual-property", "Intellectual Property"),
    is("nist-600-1:obscene-content", "Obscene, Degrading, and/or Abusive Content"),
    is("nist-600-1:value-chain", "Value Chain and Component Integration"),
];

const EU_AI_ACT: &[Category] = &[
    is("eu-ai-act:art-4", "AI literacy"),
    is("eu-ai-act:art-5", "Prohibited AI practices"),
    is("eu-ai-act:art-9", "Risk management system"),
    is("eu-ai-act:art-10", "Data and data governance"),
    is("eu-ai-act:art-11", "Technical documentation"),
    is("eu-ai-act:art-12", "Record-keeping"),
    is("eu-ai-act:art-13", "Transparency and provision of information to deployers"),
    is("eu-ai-act:art-14", "Human oversight"),
    is("eu-ai-act:art-15", "Accuracy, robustness and cybersecurity"),
    is("eu-ai-act:art-17", "Quality management system"),
    is("eu-ai-act:art-26", "Obligations of deployers of high-risk AI systems"),
    is("eu-ai-act:art-27", "Fundamental rights impact assessment for high-risk AI systems"),
    is("eu-ai-act:art-50", "Transparency obligations for providers and deployers of certain AI systems"),
    is("eu-ai-act:art-53", "Obligations for providers of general-purpose AI models"),
    is("eu-ai-act:art-55", "Obligations of providers of general-purpose AI models with systemic risk"),
    is(
        "eu-ai-act:art-72",
        "Post-market monitoring by providers and post-market monitoring plan for high-risk AI systems",
    ),
    is("eu-ai-act:art-73", "Reporting of serious incidents"),
    is("eu-ai-act:art-92", "Power to conduct evaluations"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_carries_its_taxonomys_name_and_is_unique() {
        let mut seen = std::collections::BTreeSet::new();
        for taxonomy in TAXONOMIES {
            for category in taxonomy.categories {
                assert!(category.tag.starts_with(&format!("{}:", taxonomy.name)), "{}", category.tag);
                assert!(seen.insert(category.tag), "{}", category.tag);
                assert_eq!(category.taxonomy(), Some(taxonomy));
            }
        }
        let counts: Vec<usize> = TAXONOMIES[..3].iter().map(|taxonomy| taxonomy.categories.len()).collect();
        assert_eq!(counts, [12, 10, 12]);
    }

    #[test]
    fn a_mistyped_tag_finds_its_neighbour() {
        let error = category("nist-600-1:confabulations").unwrap_err();
        assert_eq!(error.nearest, Some("nist-600-1:confabulation"));
        assert_eq!(category("owasp-llm:llm06").unwrap_err().nearest, Some("owasp-llm:LLM06"));
        assert_eq!(category("weather:rain").unwrap_err().nearest, None);
    }
}

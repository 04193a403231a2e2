//! Refusals in languages other than English: the plain phrases, one pattern a language.
//!
//! Each says "I can't or won't" together with helping, giving, answering and the like, or an apology together with "I
//! can't". Sentences come in small letters.

use std::sync::LazyLock;

use regex::Regex;

/// The language's name and its pattern.
const PATTERNS: [(&str, &str); 12] = [
    (
        "declines, in German",
        concat!(
            r"\bich (?:kann|werde|darf|möchte|will)\b[^.!?]{0,80}\b(?:nicht|keine[mnrs]?)\b[^.!?]{0,60}\b(?:helfen|weiterhelfen|beantworten|unterstützen|",
            r"bereitstellen|geben|weitergeben|anbieten|nachkommen|erfüllen|schreiben|erstellen|verraten|behilflich|liefern)",
            r"|\b(?:dabei|hierbei|damit) kann ich (?:dir |ihnen |euch )?(?:leider )?nicht",
            r"|(?:tut mir leid|entschuldigung|verzeihung|bedaure)[^.!?]{0,40}\b(?:kann|darf|werde) ich\b[^.!?]{0,80}\b(?:nicht|keine)",
            r"|(?:tut mir leid|entschuldigung)[^.!?]{0,20}\bich (?:kann|darf|werde)\b[^.!?]{0,80}\b(?:nicht|keine)\b",
            r"|\bich (?:muss|möchte)\b[^.!?]{0,60}\bablehnen",
        ),
    ),
    (
        "declines, in French",
        concat!(
            r"\bje (?:ne (?:peux|puis|pourrai|vais|suis|saurais)|refuse)\b[^.!?]{0,60}\b(?:aider|fournir|répondre|assister|donner|partager|",
            r"proposer|accéder|écrire|créer|expliquer|divulguer|satisfaire|accompagner)",
            r"|(?:désolée?|excusez-moi|regrette)[^.!?]{0,40}\bje ne (?:peux|puis|suis|vais) pas\b|\bje dois (?:refuser|décliner)",
        ),
    ),
    (
        "declines, in Spanish",
        concat!(
            r"\b(?:no (?:puedo|podré|voy a|me es posible|estoy en condiciones de|estoy autorizad[oa] a)|me niego a)\b[^.!?]{0,50}(?:ayudar|proporcionar|",
            r"dar(?:te|le|les)?\b|responder|asistir|ofrecer|compartir|cumplir|crear|escribir|facilitar|brindar|revelar|explicar)",
            r"|(?:lo siento|perdón|disculpa|lamento)[^.!?]{0,30}\bno puedo\b|\bdebo (?:rechazar|negarme)",
        ),
    ),
    (
        "declines, in Italian",
        concat!(
            r"\b(?:non (?:posso|potrò|sono in grado di|mi è possibile)|mi rifiuto di)\b[^.!?]{0,50}(?:aiutar|fornir|rispond|assist|dar(?:ti|le|vi|e)\b|",
            r"offrir|soddisf|scriver|condivid|crear|rivelar|spiegar)",
            r"|(?:mi dispiace|spiacente|scusa|mi scuso)[^.!?]{0,30}\bnon posso\b|\bdevo rifiutare",
        ),
    ),
    (
        "declines, in Portuguese",
        concat!(
            r"\b(?:não (?:posso|poderei|consigo|vou|sou capaz de|estou autorizad[oa] a)|recuso-me a)\b[^.!?]{0,50}(?:ajudar|ajudá|fornecer|responder|auxiliar|",
            r"dar\b|oferecer|compartilhar|partilhar|atender|criar|escrever|revelar|explicar)",
            r"|(?:desculpe|sinto muito|lamento|peço desculpa)[^.!?]{0,30}\bnão (?:posso|consigo)\b|\bdevo recusar",
        ),
    ),
    (
        "declines, in Dutch",
        concat!(
            r"\bik (?:kan|mag|wil|zal)\b[^.!?]{0,60}\b(?:niet|geen)\b[^.!?]{0,60}\b(?:helpen|geven|beantwoorden|verstrekken|delen|schrijven|bieden)",
            r"|(?:sorry|het spijt me|helaas)[^.!?]{0,20}\b(?:ik kan|kan ik)\b[^.!?]{0,60}\b(?:niet|geen)\b",
        ),
    ),
    (
        "declines, in Polish",
        concat!(
            r"\bnie (?:mogę|będę|jestem w stanie)\b[^.!?]{0,50}(?:pomóc|pomagać|udzielić|odpowiedzieć|podać|dostarczyć|napisać|spełnić)",
            r"|(?:przepraszam|przykro mi|niestety)[^.!?]{0,30}\bnie mogę\b",
        ),
    ),
    (
        "declines, in Russian",
        concat!(
            r"\bне (?:могу|буду|смогу|стану|в состоянии|имею права)\b[^.!?]{0,60}(?:помочь|помогать|предоставить|предоставлять|ответить|отвечать|дать|",
            r"давать|выполнить|рассказать|поделиться|содействовать|написать|создать|раскрыть|поддержать)",
            r"|(?:извините|простите|к сожалению|прошу прощения|сожалею)[^.!?]{0,30}\bне могу\b|\bвынужден[а]? отказать",
        ),
    ),
    (
        "declines, in Arabic",
        concat!(
            r"(?:لا (?:أستطيع|استطيع|يمكنني|أقدر)|لن (?:أستطيع|أتمكن|أقوم)|لست (?:قادر|مخول))[^.!؟]{0,50}(?:مساعد|أساعد|تقديم|أقدم|الإجابة|أجيب|توفير|تلبية|إعطاء|مشاركة|كتابة)",
            r"|(?:آسف|أسف|عذر|أعتذر|للأسف)[^.!؟]{0,40}لا (?:أستطيع|يمكنني|أقدر)|أرفض",
        ),
    ),
    (
        "declines, in Chinese",
        concat!(
            r"我(?:们)?[^。！？]{0,6}(?:无法|無法|不能|不可以|不会|不會|不方便|拒绝|拒絕)[^。！？]{0,16}(?:提供|协助|協助|帮|幫|回答|满足|滿足|支持|参与|參與|讨论|討論|生成|创作|創作|执行|透露|分享|告诉|告訴)",
            r"|(?:抱歉|对不起|對不起|很遗憾|不好意思)[^。！？]{0,12}(?:无法|無法|不能|不会|不會|不可以)",
        ),
    ),
    (
        "declines, in Japanese",
        concat!(
            r"(?:お手伝い|手伝|手助け|お答え|答え|提供|回答|対応|支援|案内|サポート|お教え|教え|協力|お力)[^。！？]{0,12}(?:できません|出来ません|できかねます|いたしかねます|致しかねます|しかねます|できない|ことはできません)",
            r"|(?:申し訳|すみません|ごめんなさい|恐れ入りますが)[^。！？]{0,50}(?:できません|出来ません|かねます|お断り)",
        ),
    ),
    (
        "declines, in Korean",
        concat!(
            r"(?:도와드릴|도울|제공할|답변할|대답할|알려드릴|드릴|응할|공유할) 수(?:는|가)? 없",
            r"|(?:죄송|미안)[^.!?]{0,50}(?:수(?:는|가)? 없|어렵습니다|불가능)",
        ),
    ),
];

static COMPILED: LazyLock<Vec<(&'static str, Regex)>> = LazyLock::new(|| {
    let compile = |(name, pattern): (&'static str, &str)| Some((name, Regex::new(pattern).ok()?));
    PATTERNS.into_iter().filter_map(compile).collect()
});

/// The rule by which a sentence in one of these languages declines.
pub(super) fn declines(sentence: &str) -> Option<&'static str> {
    COMPILED.iter().find(|(_, pattern)| pattern.is_match(sentence)).map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(COMPILED.len(), PATTERNS.len());
    }
}

//! What servers that speak like OpenAI do differently.

use overt_eval::System;
use overt_model::{BaseUrl, Dialect, HttpSettings, HttpSystem, Secret};
use overt_schema::{FailureKind, Finish, Retry};

use super::fake::{Fake, completion, response};
use super::{KEY, request};

fn azure(fake: &Fake) -> HttpSystem {
    let base_url = format!("http://{}/openai/deployments/d-1?api-version=2024-10-21", fake.address);
    let mut settings = HttpSettings::new("azure/d-1", "d-1", BaseUrl::parse(&base_url).unwrap());
    settings.secret = Some(Secret::new(KEY));
    HttpSystem::new(settings.speaking(Dialect::Azure)).unwrap()
}

#[tokio::test]
async fn azure_has_the_deployment_in_its_path_and_the_key_in_its_own_header() {
    let fake = Fake::start(vec![response(200, "apim-request-id: a-1\r\n", completion("42"))]).await;
    let system = azure(&fake);
    let answer = system.generate(request()).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.served.request_id.as_deref()), ("42", Some("a-1")));
    let head = &fake.seen()[0].head;
    let path = "/openai/deployments/d-1/chat/completions?api-version=2024-10-21";
    assert!(head.starts_with(&format!("post {path} http/1.1\r\n")), "{head}");
    assert!(head.contains(&format!("\r\napi-key: {KEY}\r\n")) && !head.contains("authorization"), "{head}");
    assert_eq!(system.identity().details["dialect"], "azure openai chat completions");
    assert!(!format!("{system:?} {:?}", system.identity()).contains("0123456789"));
}

#[tokio::test]
async fn azures_filters_have_kinds_of_their_own() {
    let refused = serde_json::json!({"error": {
        "message": "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        "type": null, "param": "prompt", "code": "content_filter", "status": 400,
        "innererror": {"code": "ResponsibleAIPolicyViolation",
            "content_filter_result": {"hate": {"filtered": true, "severity": "high"}}},
    }});
    let fake = Fake::start(vec![response(400, "", refused.to_string())]).await;
    let failure = azure(&fake).generate(request()).await.unwrap_err();
    assert_eq!((failure.kind, failure.retry), (FailureKind::ContentFiltered, Retry::Never));

    for message in
        [r#""message":{"role":"assistant","content":"I can"},"#, r#""message":{"role":"assistant"},"#, ""]
    {
        let cut = format!(
            r#"{{"model":"gpt-x","prompt_filter_results":[{{"prompt_index":0}}],"choices":[{{{message}
                "finish_reason":"content_filter","content_filter_results":{{"hate":{{"filtered":true}}}}}}]}}"#
        );
        let fake = Fake::start(vec![response(200, "", cut)]).await;
        let answer = azure(&fake).generate(request()).await.unwrap();
        assert_eq!(answer.finish, Finish::ContentFilter, "{message}");
    }
}

#[tokio::test]
async fn what_azures_filters_only_note_is_kept_beside_a_whole_answer() {
    let body = r#"{"model":"gpt-x",
        "prompt_filter_results":[{"prompt_index":0,"content_filter_results":{
            "hate":{"filtered":false,"severity":"safe"},"jailbreak":{"filtered":false,"detected":true}}}],
        "choices":[{"message":{"role":"assistant","content":"42"},"finish_reason":"stop","content_filter_results":{
            "violence":{"filtered":false,"severity":"low"},"protected_material_code":{"filtered":false,"detected":false}}}]}"#;
    let fake = Fake::start(vec![response(200, "", body)]).await;
    let answer = azure(&fake).generate(request()).await.unwrap();
    assert_eq!((answer.finish, answer.finish_reason.as_deref()), (Finish::Stop, Some("stop")));
    let noted: Vec<String> = answer.served.filters.iter().map(ToString::to_string).collect();
    assert_eq!(noted, ["jailbreak in the prompt", "violence (low) in the answer"]);
}

#[tokio::test]
async fn an_error_in_a_list_is_read_too() {
    let body = r#"[{"error":{"code":400,"message":"Unknown name \"seed\": Cannot find field.","status":"INVALID_ARGUMENT"}}]"#;
    let fake = Fake::start(vec![response(400, "", body)]).await;
    let failure = HttpSystem::new(super::settings(&fake)).unwrap().generate(request()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Rejected);
    assert!(
        failure.message.contains("Unknown name \"seed\"") && failure.message.contains("`omit`"),
        "{failure}"
    );
}

#[tokio::test]
async fn a_refusal_counts_whatever_the_finish_reason_says() {
    let body = r#"{"choices":[{"finish_reason":"stop","message":{"content":null,"refusal":"I can't."}}],
        "usage":{"prompt_tokens":3,"completion_tokens":7,"completion_tokens_details":{"reasoning_tokens":6}}}"#;
    let fake = Fake::start(vec![response(200, "", body)]).await;
    let answer = HttpSystem::new(super::settings(&fake)).unwrap().generate(request()).await.unwrap();
    assert_eq!((answer.finish, answer.text.as_str()), (Finish::Refusal, "I can't."));
    assert_eq!((answer.usage.completion_tokens, answer.usage.reasoning_tokens), (7, 6));
}

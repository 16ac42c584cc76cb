//! Reading, from text to objects and faults.

use super::super::object::Object;
use super::*;
use proptest::prelude::*;
use std::sync::Arc;

fn read(text: &str) -> Input {
    let mut reader = Reader::new();
    reader.read("shop.yaml", text.as_bytes());
    reader.finish()
}

fn faults(text: &str) -> Vec<String> {
    read(text).faults.iter().map(ToString::to_string).collect()
}

#[test]
fn a_fault_shows_place_line_field_and_cure() {
    let text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n\
                    apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n\
                    spec:\n  selector: {matchLabels: {app: web}}\n  template:\n    \
                    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      \
                    - name: web\n        resources:\n          requests:\n            \
                    memory: 12Mo\n";
    let expected = r#"error: "12Mo" is not a quantity
  --> shop.yaml:17:21   document 2, Deployment shop/web
   |
17 |             memory: 12Mo
   |                     ^^^^  spec.template.spec.containers[0].resources.requests.memory
   = help: suffixes are n u m k M G T P E Ki Mi Gi Ti Pi Ei; did you mean 12Mi?"#;
    assert_eq!(faults(text), [expected]);
}

#[test]
fn documents_lists_and_json_lines_give_objects_with_their_places() {
    let text = "\u{feff}# head\r\n---\r\napiVersion: v1\r\nkind: List\r\nitems:\r\n\
                    - {apiVersion: v1, kind: Namespace, metadata: {name: a}}\r\n---\r\n# none\r\n---\r\n\
                    {\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"b\",\"labels\":null}}\r\n\
                    {\"apiVersion\":\"v1\",\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":\"p\"},\
                    \"spec\":{\"containers\":[{\"name\":\"c\"}]}}]}\r\n\
                    {\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"b\"}}\r\n";
    let input = read(text);
    assert_eq!(input.faults, []);
    let found: Vec<_> = input
        .objects
        .iter()
        .map(|o| (o.object.kind().name(), o.object.meta().key(), o.document, o.line))
        .collect();
    let expected = [
        ("Namespace", "a".to_owned(), 1, 3),
        ("Namespace", "b".to_owned(), 2, 10),
        ("Pod", "default/p".to_owned(), 3, 11),
    ];
    assert_eq!(found, expected);
    assert_eq!(input.notes(), ["skipped 1 Secret object of v1 (shop.yaml:12)"]);
}

#[test]
fn yaml_1_1_habits_anchors_and_merge_keys_are_kept() {
    let text = "apiVersion: v1\nkind: Node\nmetadata: {name: a, labels: &l {on: 'yes'}}\n\
                    spec: {unschedulable: yes}\nstatus:\n  capacity: &c {cpu: 010, memory: 1_000}\n  \
                    allocatable: {<<: *c, cpu: 4}\n";
    let input = read(text);
    assert_eq!(input.faults, []);
    let Object::Node(node) = &input.objects[0].object else { panic!("a node") };
    assert!(node.spec.unschedulable);
    assert_eq!(node.status.capacity["cpu"], super::super::Quantity::from_integer(8));
    let allocatable = node.status.allocatable.as_ref().unwrap();
    assert_eq!(allocatable["cpu"], super::super::Quantity::from_integer(4));
    assert_eq!(allocatable["memory"], super::super::Quantity::from_integer(1000));
}

#[test]
fn broken_texts_give_one_clear_fault_each() {
    let deep = "[".repeat(100_000);
    let deep_block = "- ".repeat(100_000);
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n\
                    c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n\
                    e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n\
                    g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n";
    for text in [
        deep.as_str(),
        &deep_block,
        bomb,
        "a: &a [*a]\n",
        "{\"a\": \"b\n",
        "{\"a\": [1, 2}",
        "a: b: c\n",
        "a: *nowhere\n",
        "kind: Pod\n",
        "apiVersion: v1\nkind: Deployment\n",
        "just text\n",
    ] {
        let faults = faults(text);
        assert_eq!(faults.len(), 1, "{} {faults:?}", &text[..text.len().min(40)]);
        println!("{}", faults[0]);
    }
}

#[test]
fn equal_pod_specs_share_their_memory() {
    let pod = |name| {
        format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{{\"name\":\"{name}\"}},\
                 \"spec\":{{\"nodeName\":\"{name}\",\"containers\":[{{\"name\":\"c\"}}]}}}}\n"
        )
    };
    let input = read(&(pod("a") + &pod("b")));
    let specs: Vec<_> = input
        .objects
        .iter()
        .map(|located| match &located.object {
            Object::Pod(pod) => pod.spec.clone(),
            other => panic!("{other:?} is no pod"),
        })
        .collect();
    assert!(Arc::ptr_eq(&specs[0], &specs[1]));
}

#[test]
fn an_object_that_is_there_twice_is_refused_with_both_places() {
    let text = "apiVersion: v1\nkind: Node\nmetadata: {name: a}\n---\n\
                    apiVersion: v1\nkind: Node\nmetadata: {name: a}\n";
    let input = read(text);
    assert_eq!(input.objects.len(), 1);
    let expected = "error: Node a is there twice\n  --> shop.yaml:5   document 2, Node a\n  \
                        = help: the first is at shop.yaml:1, document 1; remove or rename one of them";
    assert_eq!(input.faults[0].to_string(), expected);
}

#[test]
fn invalid_utf8_names_its_byte() {
    let mut reader = Reader::new();
    reader.read("a.yaml", b"kind: \xff");
    let fault = &reader.finish().faults[0];
    assert_eq!(fault.message, "byte 0xff at offset 6 is not UTF-8");
}

#[test]
fn kinds_with_an_effect_that_is_lost_are_named_with_their_first_place() {
    let text = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: a}\n---\n\
                apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: b}\n---\n\
                apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: vm}\n---\n\
                apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n---\n\
                apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n\
                spec: {runtimeClassName: vm, containers: [{name: c}]}\n---\n\
                apiVersion: v1\nkind: Pod\nmetadata: {name: q}\n\
                spec: {runtimeClassName: vm, overhead: {cpu: 1}, containers: [{name: c}]}\n";
    let input = read(text);
    assert_eq!(
        input.notes(),
        [
            "skipped 1 RuntimeClass object of node.k8s.io/v1 (shop.yaml:9): overhead, node \
             selector and tolerations are not added to pods",
            "skipped 1 ConfigMap object of v1 (shop.yaml:13)",
            "skipped 2 ResourceQuota objects of v1 (the first at shop.yaml:1): quotas are not \
             enforced",
            "the overhead of runtime class vm is not counted (shop.yaml:17)",
        ]
    );
    let kinds: Vec<_> = input.skipped_with_effect().map(|((_, kind), _)| kind.as_str()).collect();
    assert_eq!(kinds, ["RuntimeClass", "ResourceQuota"]);
}

#[test]
fn a_long_line_is_shown_around_the_fault() {
    let pods: Vec<_> = (0..100)
        .map(|ix| {
            let cpu = if ix == 99 { "1x" } else { "1" };
            format!(
                r#"{{"metadata":{{"name":"p{ix}","annotations":{{"a":"{}"}}}},"spec":{{
"containers":[{{"name":"c","resources":{{"requests":{{"cpu":"{cpu}"}}}}}}]}}}}"#,
                "x".repeat(1000)
            )
            .replace('\n', "")
        })
        .collect();
    let list = format!(r#"{{"apiVersion":"v1","kind":"PodList","items":[{}]}}"#, pods.join(","));
    let faults = read(&list).faults;
    assert_eq!(faults.len(), 1);
    let fault = &faults[0];
    assert_eq!(fault.field, "spec.containers[0].resources.requests.cpu");
    let shown = fault.excerpt.as_deref().unwrap_or_default();
    assert!(shown.chars().count() <= 160, "{fault}");
    assert_eq!(&shown[fault.indent..fault.indent + fault.width], "\"1x\"", "{fault}");
}

#[test]
fn many_faults_are_counted_and_not_kept() {
    let faults = read(&"text\n---\n".repeat(5000)).faults;
    assert_eq!(faults.len(), 1001);
    assert_eq!(faults[1000].message, "4000 more faults are not shown");
}

#[test]
fn a_text_is_cut_between_documents() {
    for (text, whole) in [
        ("a: 1\n---\nb: 2\n", "a: 1\n"),
        ("a: 1\r\n---\r\nb: 2\n", "a: 1\r\n"),
        ("{\"a\":1}\n{\"b\":2}\n{\"c\"", "{\"a\":1}\n{\"b\":2}\n"),
        ("[{\"a\":1},\n{\"b\":2}]\n", ""),
        ("a: |\n  ---\nb: 2\n", ""),
        ("", ""),
    ] {
        assert_eq!(whole_documents(text.as_bytes(), 0), whole.len(), "{text:?}");
    }
    let text = b"a: 1\n---\nb: 2\n";
    assert_eq!(whole_documents(text, text.len()), 0, "what was seen is not looked at again");
}

#[test]
fn a_text_fed_in_parts_reads_like_the_whole() {
    let text = "apiVersion: v1\nkind: Node\nmetadata: {name: a}\n---\n\
                apiVersion: v1\nkind: Node\nmetadata: {name: 7}\n---\n\
                apiVersion: v1\nkind: Node\nmetadata: {name: b}\n";
    let whole = read(text);
    let mut reader = Reader::new();
    reader.begin("shop.yaml");
    let mut rest = text.as_bytes();
    while let Some(cut) = rest.windows(4).skip(1).position(|part| part == b"---\n") {
        let (part, behind) = rest.split_at(cut + 1);
        reader.feed(part);
        rest = behind;
    }
    reader.feed(rest);
    let parts = reader.finish();
    let places = |input: &Input| -> Vec<_> {
        input.objects.iter().map(|o| (o.object.clone(), o.document, o.line)).collect()
    };
    assert_eq!(places(&whole), places(&parts));
    assert_eq!(whole.faults, parts.faults);
}

/// Everything that was read, as text.
fn account(input: Input) -> Vec<String> {
    let objects =
        input.objects.iter().map(|it| format!("{}:{} {:?}", it.document, it.line, it.object));
    let notes = input.notes();
    let faults = input.faults.iter().map(ToString::to_string);
    objects.chain(notes).chain(faults).collect()
}

/// Documents, and what may stand between them or break them.
const FRAGMENTS: &[&str] = &[
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"NAME\"},\
     \"spec\":{\"containers\":[{\"name\":\"c\"}],\"nodeName\":\"NAME\"}}\n",
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"generateName\":\"web-\"},\
     \"spec\":{\"containers\":[{\"name\":\"c\"}]}}\n",
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"generateName\":\"a/\"}}\n",
    "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n{\"apiVersion\":\"v1\",\n\
     \"kind\":\"Node\",\"metadata\":{\"name\":\"NAME\"}},\n{\"kind\":\"Pod\"}\n]}\n",
    "{\"apiVersion\":\"v1\",\"kind\":\"Secret\"}\n",
    "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: NAME\nspec:\n  runtimeClassName: vm\n  \
     containers:\n  - {name: c}\n---\n",
    "---\napiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: NAME}\n---\n",
    "kind: Pod\ntext: |\n  }\n  {\n",
    "[{\"a\":1}\n",
    "{\"a\":[{}\n{}\n{\"b\":1}\n",
    "{\"a\":\"b\n",
    "]}\n",
    "}\n",
    "{\"a\": ",
    "{ name: NAME }\n",
    "# nothing\n",
    "---\n",
    "\n",
];

fn texts() -> impl Strategy<Value = String> {
    let names = ["web-0", "web-1", "web-2", "c", "yes", "nodeName"];
    let fragment = (0..FRAGMENTS.len(), 0..names.len())
        .prop_map(move |(ix, name)| FRAGMENTS[ix].replace("NAME", names[name]));
    proptest::collection::vec(fragment, 0..40).prop_map(|fragments| fragments.concat())
}

proptest! {
    #[test]
    fn a_text_read_in_parts_by_many_threads_reads_like_the_whole(
        text in texts(),
        part_bytes in 1_usize..400,
    ) {
        let read = |part_bytes| {
            let mut reader = Reader::with_part_bytes(part_bytes);
            reader.read("shop.yaml", text.as_bytes());
            account(reader.finish())
        };
        prop_assert_eq!(read(part_bytes), read(usize::MAX));
    }
}

#[test]
fn the_items_of_a_long_list_come_in_their_order_with_their_lines() {
    let item = |ix| {
        format!(
            "{{\"metadata\":{{\"name\":\"pod-{ix}\"}},\"spec\":{{\"containers\":[{{\"name\":\"c\"}}]}}}}"
        )
    };
    let items: Vec<String> = (0..2000).map(item).collect();
    let text = format!(
        "\n{{\"apiVersion\":\"v1\",\"kind\":\"PodList\",\"items\":[\n{}]}}",
        items.join(",\n")
    );
    let input = read(&text);
    assert_eq!(input.faults, []);
    for (ix, located) in input.objects.iter().enumerate() {
        let expected = (format!("default/pod-{ix}"), 1, ix + 3);
        assert_eq!((located.object.meta().key(), located.document, located.line), expected);
    }
    assert_eq!(input.objects.len(), 2000);
}

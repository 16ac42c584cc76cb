//! Reading, from text to objects and faults.

use super::*;

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
    assert_eq!(input.notes(), ["skipped 1 Secret object of v1"]);
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

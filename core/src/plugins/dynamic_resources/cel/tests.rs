//! Expressions over one device.

use super::Expression;
use crate::objects::devices::Device;
use serde_json::json;

fn evaluate(expression: &str) -> Result<bool, String> {
    let device: Device = serde_json::from_value(json!({
        "name": "dev-0",
        "attributes": {
            "model": {"string": "NVIDIA-A100"},
            "index": {"int": 3},
            "healthy": {"bool": true},
            "driverVersion": {"version": "1.10.0-rc.2"},
            "pci.example.com/root": {"string": "pci0"},
        },
        "capacity": {"memory": {"value": "40Gi"}, "pci.example.com/lanes": {"value": "500m"}},
    }))
    .expect("a device");
    Expression::compile(expression)?.matches("gpu.example.com", &device)
}

const GPU: &str = "device.attributes['gpu.example.com']";

#[test]
fn what_expressions_are_true_and_false() {
    for (expression, expected) in [
        ("device.driver == 'gpu.example.com'", true),
        ("GPU.model == 'NVIDIA-A100'", true),
        ("GPU.model == 'T4'", false),
        ("GPU.index > 0 && GPU.index < 4", true),
        ("GPU.healthy", true),
        ("GPU['healthy']", true),
        ("!GPU.healthy || GPU.index in [1, 2, 3]", true),
        ("GPU.model.lowerAscii().matches('^nvidia-[a-z]100$')", true),
        ("GPU.model.startsWith('NVIDIA') && GPU.model.size() == 11", true),
        ("GPU.model.split('-')[1] == 'A100'", true),
        ("device.attributes['pci.example.com'].root == 'pci0'", true),
        ("has(device.attributes['other.example.com'].x)", false),
        ("has(GPU.index) && !has(GPU.absent)", true),
        ("'other.example.com' in device.attributes", true),
        ("'absent' in GPU", false),
        ("GPU.absent == 1 || true", true),
        ("GPU.exists(name, name == 'index')", true),
        ("GPU.all(name, name != 'index')", false),
        ("cel.bind(gpu, GPU, gpu.healthy && gpu.index == 3)", true),
        ("cel.bind(a, 1, cel.bind(b, a + 1, b == 2))", true),
        ("device.capacity['gpu.example.com'].memory.compareTo(quantity('40Gi')) == 0", true),
        ("device.capacity['gpu.example.com'].memory.isGreaterThan(quantity('39Gi'))", true),
        ("device.capacity['gpu.example.com'].memory.isLessThan(quantity('40G'))", false),
        ("device.capacity['gpu.example.com'].memory.asInteger() == 42949672960", true),
        ("device.capacity['gpu.example.com'].memory == quantity('40960Mi')", true),
        ("device.capacity['pci.example.com'].lanes.isInteger()", false),
        ("device.capacity['pci.example.com'].lanes.add(quantity('1500m')).asInteger() == 2", true),
        ("device.capacity['pci.example.com'].lanes.sub(1).sign() == -1", true),
        ("isQuantity('4 apples')", false),
        ("GPU.driverVersion.isGreaterThan(semver('1.9.9'))", true),
        ("GPU.driverVersion.isLessThan(semver('1.10.0'))", true),
        ("GPU.driverVersion.compareTo(semver('1.10.0-rc.10')) == -1", true),
        ("GPU.driverVersion.major() == 1 && GPU.driverVersion.minor() == 10", true),
        ("semver('v01.2', true) == semver('1.2.0')", true),
        ("isSemver('1.02.3') || isSemver('1.2') || isSemver('1.2.3-')", false),
        ("type(GPU.index) == int", true),
    ] {
        let expression = expression.replace("GPU", GPU);
        assert_eq!(evaluate(&expression), Ok(expected), "{expression}");
    }
}

#[test]
fn an_error_says_what_is_wrong() {
    for (expression, expected) in [
        ("GPU.absent == 1", "absent"),
        ("device.absent", "absent"),
        ("GPU.index", "could not be converted to bool"),
        ("GPU.index == ", "compilation failed"),
        ("unknown == 1", "undeclared reference to 'unknown'"),
        ("GPU.model.format([])", "'format'"),
        ("false && url('x').getHost() == ''", "'getHost'"),
        ("GPU.index / 0 == 1", "ivision by zero"),
        ("quantity('40Gig').isInteger()", "40Gig"),
        ("semver('1.2').major() == 1", "1.2"),
        ("{'a': 1}.a == 1", "map literals"),
        ("cel.bind(1, 2, true)", "simple name"),
        ("GPU.index.compareTo(1) == 0", "compareTo"),
    ] {
        let expression = expression.replace("GPU", GPU);
        let error = evaluate(&expression).expect_err(&expression);
        assert!(error.contains(expected), "{expression}: {error}");
    }
}

#[test]
fn hostile_expressions_are_refused_before_they_run() {
    let wide = format!("[{}]", vec!["1"; 100].join(","));
    let loops = |depth: usize| {
        let nested = |inner: String, ix| format!("{wide}.all(x{ix}, {inner})");
        (0..depth).fold("true".to_owned(), nested)
    };
    let mut doubling = "x64.size() > 0".to_owned();
    for ix in (0..64).rev() {
        doubling = format!("cel.bind(x{}, x{ix} + x{ix}, {doubling})", ix + 1);
    }
    let doubling = format!("cel.bind(x0, 'abcd', {doubling})");
    for expression in [
        "(".repeat(5000),
        "[".repeat(400) + &"]".repeat(400),
        "{1:".repeat(1000),
        "true ? true : ".repeat(500) + "true",
        format!("{} == 1", ["1"; 500].join("+")),
        format!("device{}", ".driver".repeat(900)),
        "a(".repeat(900),
        "x".repeat(20_000),
        "'a'.replace('', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')".to_owned()
            + &".replace('', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')".repeat(20)
            + " == ''",
        loops(4),
        doubling,
        "\u{0}\u{1}'\\x".to_owned(),
        "'\\".to_owned(),
        "'".to_owned(),
        String::new(),
    ] {
        assert!(Expression::compile(&expression).is_err(), "{expression:.40}");
    }
    assert_eq!(evaluate(&loops(2)), Ok(true));
}

#[test]
fn limits_are_where_they_are_said_to_be() {
    let padded = |length: usize| format!("{:length$}", "true");
    let negations = |count: usize| format!("[{}].size() > 0", vec!["!true"; count].join(","));
    let nested = |depth: usize| format!("{}1{}.size() == 1", "[".repeat(depth), "]".repeat(depth));
    let wide = |count: usize| format!("[{}].all(x, x == 1)", vec!["1"; count].join(","));
    let doubled = |times: usize| {
        let texts = format!("'{}'", "a".repeat(1000));
        let bind = |inner: String, ix: usize| {
            let from = if ix == 0 { texts.clone() } else { format!("x{}", ix - 1) };
            format!("cel.bind(x{ix}, {from} + {from}, {inner})")
        };
        (0..times).rev().fold(format!("x{}.size() > 0", times - 1), bind)
    };
    for (expression, expected) in [
        (padded(10 * 1024), None),
        (padded(10 * 1024 + 1), Some("too long: 10241 bytes, 10240 are allowed")),
        (negations(1020), None),
        (negations(1021), Some("too complex: more than 1024 operators")),
        (nested(40), None),
        (nested(200), Some("")),
        (wide(1000), None),
        (doubled(4), None),
        (doubled(12), Some("too complex: a value may exceed 1048576 bytes")),
        ("device.driver.unknown()".to_owned(), Some("undeclared reference to 'unknown'")),
    ] {
        match (evaluate(&expression), expected) {
            (Ok(_), None) => {}
            (Err(error), Some(expected)) => {
                assert!(error.contains(expected), "{expression:.60}: {error}");
            }
            (found, expected) => panic!("{expression:.60}: {found:?} instead of {expected:?}"),
        }
    }
}

#[test]
fn no_text_makes_the_parser_panic() {
    let words = [
        "device",
        ".",
        "driver",
        "[",
        "]",
        "(",
        ")",
        "'",
        "\"",
        "\\",
        "+",
        "-",
        "in",
        "has",
        "1",
        "1u",
        "0x",
        "1e",
        "&&",
        "||",
        "?",
        ":",
        "{",
        "}",
        "r'",
        "b\"",
        "\u{e9}",
        "all",
        ",",
        "x",
        "!",
        "==",
        "//",
        "\n",
        "'''",
        "null",
        "cel.bind",
        "9223372036854775808",
        "`",
    ];
    let mut state = 7_u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..(state >> 60) + 2 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text.push_str(words[(state >> 33) as usize % words.len()]);
        }
        let _ = evaluate(&text);
    }
}

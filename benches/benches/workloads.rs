//! Whole workloads: pending pods placed one after the other, by columns and by the plain rules.
//!
//! Both engines place the same pods and must decide alike, or nothing is measured. The quotient of
//! the two throughputs is what the columns are worth.

use bayplan::scheduler::{Engine, Scheduler};
use bayplan_benches::input::Input;
use bayplan_benches::run::Run;
use bayplan_benches::size;
use bayplan_datasets::{Feature, Mix};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::Duration;

const ENGINES: [(&str, Engine); 2] = [("fast", Engine::Fast), ("plain", Engine::Plain)];

fn workloads() -> [(&'static str, Mix); 6] {
    [
        ("basic", Mix::only(Feature::Basic)),
        ("node-affinity", Mix::only(Feature::NodeAffinity)),
        ("spread", Mix::only(Feature::Spread)),
        ("anti-affinity", Mix::only(Feature::AntiAffinity)),
        ("pod-affinity", Mix::only(Feature::PodAffinity)),
        ("mixed", Mix::default()),
    ]
}

fn place(input: &mut Input, engine: Engine) -> Run {
    let mut scheduler = Scheduler::default().with_engine(engine);
    Run::new(input, &mut scheduler, Duration::MAX).expect("every pod can be attempted")
}

fn placing(criterion: &mut Criterion) {
    let nodes = size(1000, 20);
    let pods = size(50, 5);
    for (name, mix) in workloads() {
        let input = Input::synthetic(mix, nodes, pods).expect("the numbers are in bounds");
        let [fast, plain] = ENGINES.map(|(_, engine)| place(&mut input.clone(), engine).digest);
        assert_eq!(fast, plain, "{name}: the engines decide alike");
        let mut group = criterion.benchmark_group(name);
        group.sample_size(10).throughput(Throughput::Elements(pods as u64));
        for (engine_name, engine) in ENGINES {
            group.bench_function(engine_name, |bencher| {
                bencher.iter_batched(
                    || input.clone(),
                    |mut input| black_box(place(&mut input, engine)),
                    BatchSize::PerIteration,
                );
            });
        }
    }
}

criterion_group!(benches, placing);
criterion_main!(benches);

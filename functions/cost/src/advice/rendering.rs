//! What renders run on, and what could spare some of them.

use super::{Advice, Situation};
use crate::item::Item;
use crate::money::MicroUsd;
use crate::quantity::Quantity;
use crate::storage_class::StoredAs;
use crate::usage::Count;
use crate::wording::{grouped, percent};

/// Where a function has one whole virtual CPU (AWS Lambda's documentation); a render runs on one.
const ONE_CPU_MB: u64 = 1769;

pub(super) fn advice(situation: &Situation<'_>) -> Vec<Advice> {
    let mut advice = Vec::new();
    advice.extend(other_architecture(situation));
    advice.extend(less_memory(situation));
    if let Some(renders) = situation.renders() {
        advice.push(origin_shield(situation, renders));
        advice.push(stampede_guard(situation, renders));
        advice.extend(stored_variants(situation, renders));
        advice.extend(hit_ratio(situation, renders));
    }
    advice
}

/// The same GB-seconds on the other processor.
fn other_architecture(situation: &Situation<'_>) -> Option<Advice> {
    // Without a word of what they run on, a default is no reason for advice.
    let today = situation.usage.architecture?;
    let other = today.other();
    let time = situation.used.of(Item::ComputeTime(today));
    if time == Quantity::ZERO {
        return None;
    }
    let mut used = situation.used.clone();
    used.take(Item::ComputeTime(today), time);
    used.add(Item::ComputeTime(other), time);
    let monthly = situation.saved_by(&used);
    let cost = situation.bill.item(Item::ComputeTime(today));
    let even = percent(cost.millionths().unsigned_abs(), (cost - monthly).millionths().unsigned_abs());
    Some(Advice {
        title: format!("Run the functions on {}", other.name()),
        monthly,
        why: format!(
            "{} GB-seconds a month cost {cost} on {}, and {} on {}, if they take as long there.",
            grouped(time.units()),
            today.name(),
            cost - monthly,
            other.name()
        ),
        break_even: even.map(|share| format!("when they take {share} of today's time there")),
    })
}

/// Beyond one CPU a render only pays for memory.
fn less_memory(situation: &Situation<'_>) -> Option<Advice> {
    let memory = situation.usage.render_memory_mb.map(Count::get).filter(|memory| *memory > ONE_CPU_MB)?;
    let time = situation.month.render_time?;
    let mut used = situation.used.clone();
    let spared = time.times(u128::from(memory - ONE_CPU_MB), memory.into());
    used.take(Item::ComputeTime(situation.month.architecture), spared);
    Some(Advice {
        title: format!("Give render {ONE_CPU_MB} MB instead of {memory}"),
        monthly: situation.saved_by(&used),
        why: format!(
            "One render runs on one CPU, which a function has from {ONE_CPU_MB} MB on: more makes it dearer, not faster."
        ),
        break_even: None,
    })
}

/// One cache in front of render for all regions.
fn origin_shield(situation: &Situation<'_>, (renders, cost): (Quantity, MicroUsd)) -> Advice {
    let measured = situation.used.of(Item::ShieldRequests);
    let is_on = measured > Quantity::ZERO;
    let passing = if is_on { measured } else { renders };
    let price = situation.prices.cost(Item::ShieldRequests, passing);
    let (title, monthly) =
        if is_on { ("Turn Origin Shield off", price) } else { ("Turn Origin Shield on", -price) };
    Advice {
        title: title.to_owned(),
        monthly,
        why: format!(
            "{} requests a month pass it for {price}; what it spares are renders of what another region has already \
             had rendered, at {cost} for {}.",
            grouped(passing.units()),
            grouped(renders.units())
        ),
        break_even: repeats(price, cost),
    }
}

/// A lease in DynamoDB and the bytes in S3, so that one renders and the others wait.
fn stampede_guard(situation: &Situation<'_>, (renders, cost): (Quantity, MicroUsd)) -> Advice {
    let price =
        situation.prices.cost(Item::TableWrites, renders) + situation.prices.cost(Item::S3Writes, renders);
    Advice {
        title: "Guard against stampedes by leases (STAMPEDE_GUARD=lease)".to_owned(),
        monthly: -price,
        why: format!(
            "Each of {} renders a month would write a lease and leave its bytes in S3, for {price}; what it spares are \
             renders of one variant at one time in several places.",
            grouped(renders.units())
        ),
        break_even: repeats(price, cost),
    }
}

/// The share of renders that must be repeats for a price to be earned.
fn repeats(price: MicroUsd, renders: MicroUsd) -> Option<String> {
    let (price, renders) = (price.millionths().unsigned_abs(), renders.millionths().unsigned_abs());
    if price >= renders {
        return Some("never: it costs more than all renders do".to_owned());
    }
    Some(format!("when {} of the renders are such repeats", percent(price, renders)?))
}

/// Variants kept in S3 from their second miss on.
fn stored_variants(situation: &Situation<'_>, (renders, cost): (Quantity, MicroUsd)) -> Option<Advice> {
    let (prices, variant) = (situation.prices, situation.pre_generation);
    let possible = situation.month.objects?.checked_mul(variant.per_asset.into())?;
    // More renders than there are variants: at least so many were made before.
    let repeated = renders.less(Quantity::of(possible.into()));
    // The first repeat of each still renders, and stores; of those after it we know no more than that they are cheap.
    let stored = repeated.parts().min(Quantity::of(possible.into()).parts());
    let (stored, spared) = (Quantity::of_parts(stored), repeated.less(Quantity::of_parts(stored)));
    let kept = stored.times(variant.bytes.value.into(), 1);
    let price = prices.cost(Item::S3Writes, stored)
        + prices.cost(Item::Stored(StoredAs::Standard), kept)
        + prices.cost(Item::S3Reads, spared);
    let saved = cost.scaled(part(spared), part(renders));
    let one = prices.cost(Item::S3Writes, Quantity::of(1_000_000))
        + prices.cost(
            Item::Stored(StoredAs::Standard),
            Quantity::of(1_000_000).times(variant.bytes.value.into(), 1),
        );
    let render = cost.scaled(1_000_000, part(renders).div_ceil(1_000_000).max(1));
    Some(Advice {
        title: "Store variants on their second miss".to_owned(),
        monthly: saved - price,
        why: format!(
            "Of {} renders a month at least {} repeat an earlier one, as there are {} variants at most. Storing a \
             million variants for a month costs {one}, rendering them {render}.",
            grouped(renders.units()),
            grouped(repeated.units()),
            grouped(possible.into())
        ),
        break_even: (render > MicroUsd::ZERO).then(|| {
            let tenths = one.millionths() * 10 / render.millionths();
            format!("when a stored variant is missed {}.{} times a month again", tenths / 10, tenths % 10)
        }),
    })
}

/// What a point of the hit ratio is worth.
fn hit_ratio(situation: &Situation<'_>, (renders, cost): (Quantity, MicroUsd)) -> Option<Advice> {
    let requests = situation.month.requests?;
    let point = requests.times(1, 100);
    // Where less than a point of all requests misses, a point can't be gained.
    (point <= renders).then(|| Advice {
        title: "Raise the hit ratio by a point: fewer sizes, formats and qualities on the pages".to_owned(),
        monthly: cost.scaled(part(point), part(renders)),
        why: format!(
            "{} of {} requests a month are rendered, for {cost}; a point is {} renders.",
            grouped(renders.units()),
            grouped(requests.units()),
            grouped(point.units())
        ),
        break_even: None,
    })
}

fn part(quantity: Quantity) -> u64 {
    u64::try_from(quantity.parts()).unwrap_or(u64::MAX)
}

package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.memory.Region;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Counts accesses to one state space: of one instruction, or of several that follow each other and
 * add different offsets to the same register, so that one look at it tells of all.
 */
final class AccessCounter {
  private final int number;
  private Member[] members = {};

  /**
   * One instruction's access.
   *
   * @param distance bytes from the first member's addresses
   * @param likeLast whether it always costs what the member before it does
   */
  private record Member(MemoryCost cost, long distance, boolean likeLast) {}

  AccessCounter(Slots slots) {
    this.number = slots.takeAccess(this);
  }

  void add(MemoryCost cost, long distance) {
    boolean likeLast = false;
    if (members.length > 0) {
      Member last = members[members.length - 1];
      likeLast = last.distance == distance && cost.isLike(last.cost);
    }
    members = Arrays.copyOf(members, members.length + 1);
    members[members.length - 1] = new Member(cost, distance, likeLast);
  }

  /**
   * Counts one execution.
   *
   * @param values the addresses, of which {@code shift} is missing
   * @param lanes those that access, at least one
   */
  void count(Warp w, KernelTally tally, long[] values, long shift, int lanes) {
    long first = values[Integer.numberOfTrailingZeros(lanes)];
    AccessHistory history = tally.histories[number];
    Pattern pattern = history.expected();
    if (pattern != null && pattern.matches(values, lanes, first)) {
      history.goesOnAs(pattern);
      executed(w, tally, history, pattern, values, shift);
    } else {
      unexpected(w, tally, history, values, shift, lanes);
    }
  }

  /** The same for addresses of 32 bits. */
  void count(Warp w, KernelTally tally, int[] values, long shift, int lanes) {
    long[] wide = tally.scratch.wide;
    for (int i = 0; i < Warp.LANES; i++) {
      wide[i] = values[i];
    }
    count(w, tally, wide, shift, lanes);
  }

  /** The same of a full warp, whose addresses have been looked at. */
  void count(Warp w, KernelTally tally, LaneAddresses lanes, long shift) {
    AccessHistory history = tally.histories[number];
    if (!history.current().executed(lanes, lanes.first() + shift)) {
      other(w, tally, history, lanes, shift);
    }
  }

  /** Counts what is not as it was the last time. */
  private void other(
      Warp w, KernelTally tally, AccessHistory history, LaneAddresses lanes, long shift) {
    Pattern pattern = history.latest();
    if (pattern != null && pattern.goesIn(lanes.stride())) {
      executed(w, tally, history, pattern, lanes.values(), shift);
    } else if (!history.isPatternless()) {
      count(w, tally, lanes.values(), shift, -1);
    } else if (lanes.stride() == LaneAddresses.IRREGULAR) {
      irregular(w, tally, history, lanes.values(), shift, -1);
    } else {
      strided(w, tally, history, lanes, shift);
    }
  }

  /** Counts what lies in another pattern than the expected one, or in none worth remembering. */
  private void unexpected(
      Warp w, KernelTally tally, AccessHistory history, long[] values, long shift, int lanes) {
    Pattern pattern =
        history.isPatternless() ? null : history.other(values, lanes, this, tally.counts);
    if (pattern != null) {
      executed(w, tally, history, pattern, values, shift);
    } else {
      irregular(w, tally, history, values, shift, lanes);
    }
  }

  private void executed(
      Warp w,
      KernelTally tally,
      AccessHistory history,
      Pattern pattern,
      long[] values,
      long shift) {
    long first = values[Integer.numberOfTrailingZeros(pattern.lanes())] + shift;
    Footing footing = pattern.footing(Footing.phase(first), this, tally.scratch);
    if (footing == null) {
      irregular(w, tally, history, values, shift, pattern.lanes());
      return;
    }
    history.goesOnAt(footing);
    if (footing.executed(first)) {
      return;
    }
    Region region = w.global().find(footing.lowestSector(first) << Footprint.SECTOR, 1);
    if (region != null) {
      footing.moveTo(region, tally.loaded, tally.stored);
      if (footing.executed(first)) {
        return;
      }
    }
    footing.executedElsewhere();
    history.load(tally.loaded, w.global(), footing.lineOf(first), footing.loads());
    history.store(tally.stored, w.global(), footing.lineOf(first), footing.stores());
  }

  /** Counts one execution for itself, its addresses being in no order worth to be remembered. */
  private void irregular(
      Warp w, KernelTally tally, AccessHistory history, long[] values, long shift, int lanes) {
    for (Member member : members) {
      if (member.likeLast
          || member.cost.scattered(
              values, shift + member.distance, lanes, history, tally.scratch)) {
        member.cost.add(tally.scratch.cost, 1, tally.counts);
      } else {
        measured(w, tally, history, member, values, shift, lanes);
      }
    }
  }

  /** The same for addresses that go in equal steps, but in others each time. */
  private void strided(
      Warp w, KernelTally tally, AccessHistory history, LaneAddresses lanes, long shift) {
    for (Member member : members) {
      long first = lanes.first() + shift + member.distance;
      if (member.cost.strided(first, lanes.stride(), history, tally.scratch)) {
        member.cost.add(tally.scratch.cost, 1, tally.counts);
      } else {
        measured(w, tally, history, member, lanes.values(), shift, -1);
      }
    }
  }

  private void measured(
      Warp w,
      KernelTally tally,
      AccessHistory history,
      Member member,
      long[] values,
      long shift,
      int lanes) {
    Scratch scratch = tally.scratch;
    long distance = shift + member.distance;
    for (int i = 0; i < Warp.LANES; i++) {
      scratch.addresses[i] = values[i] + distance;
    }
    member.cost.measure(scratch.addresses, lanes, scratch);
    member.cost.add(scratch.cost, 1, tally.counts);
    if (member.cost.loads()) {
      history.load(tally.loaded, w.global(), scratch.touches);
    }
    if (member.cost.stores()) {
      history.store(tally.stored, w.global(), scratch.touches);
    }
  }

  /** What all members' accesses cost, found out from scratch. */
  Footing footing(Pattern pattern, int phase, Scratch scratch) {
    scratch.loads.clear();
    scratch.stores.clear();
    List<long[]> costs = new ArrayList<>();
    for (Member member : members) {
      pattern.addresses(phase + member.distance, scratch.addresses);
      member.cost.measure(scratch.addresses, pattern.lanes(), scratch);
      costs.add(scratch.cost.clone());
      if (member.cost.loads()) {
        scratch.loads.addAll(scratch.touches);
      }
      if (member.cost.stores()) {
        scratch.stores.addAll(scratch.touches);
      }
    }
    return new Footing(
        phase, pattern.stride(), costs, scratch.loads.sectorSet(), scratch.stores.sectorSet());
  }

  /** Adds costs, by member, of that many executions. */
  void report(List<long[]> costs, long executions, long[] counts) {
    for (int m = 0; m < members.length; m++) {
      members[m].cost.add(costs.get(m), executions, counts);
    }
  }

  /** Adds what a worker only noted so far. */
  void report(KernelTally tally) {
    tally.histories[number].report(this, tally.counts);
  }
}

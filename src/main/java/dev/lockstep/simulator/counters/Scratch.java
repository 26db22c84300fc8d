package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Warp;

/** Working space of a worker that finds out what an access costs. */
final class Scratch {
  /** What one access touches. */
  final Touches touches = new Touches();

  /** What all members of a counter touch together. */
  final Touches loads = new Touches();

  final Touches stores = new Touches();

  final Scatter scatter = Scatter.best();

  /** Some lanes' addresses, those of the others being one of them. */
  final LaneAddresses active = new LaneAddresses();

  final Banks banks = new Banks();
  final long[] addresses = new long[Warp.LANES];
}

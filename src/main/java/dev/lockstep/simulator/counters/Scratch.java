package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Warp;

/** Working space of a worker that finds out what an access costs. */
final class Scratch {
  /** What one access touches. */
  final Touches touches = new Touches();

  /** What all members of a counter touch together. */
  final Touches loads = new Touches();

  final Touches stores = new Touches();

  final Scatter scatter = Scatter.best();

  /** Addresses of 32 bits, made wide. */
  final long[] wide = new long[Warp.LANES];

  final Banks banks = new Banks();

  /** What an access costs, by counter of its {@link MemoryCost}. */
  final long[] cost = new long[5];

  final long[] addresses = new long[Warp.LANES];

  /** Sets {@link #cost}; those that the kind of memory does not have are 0. */
  void cost(long a, long b, long c, long d, long e) {
    cost[0] = a;
    cost[1] = b;
    cost[2] = c;
    cost[3] = d;
    cost[4] = e;
  }
}

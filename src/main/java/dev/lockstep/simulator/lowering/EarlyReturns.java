package dev.lockstep.simulator.lowering;

import java.util.List;

/**
 * This pass: gives each jump of a kernel to its common end an end of its own, so that threads which
 * return early end where they say so, not behind the barriers of those that go on.
 */
final class EarlyReturns {
  private static final int[] NOWHERE = {};

  private EarlyReturns() {}

  /** Changes the blocks' successors and adds the ends behind them. */
  static void part(List<Step> steps, List<ControlFlow.Block> blocks) {
    int inText = blocks.size();
    for (int i = 0; i < inText; i++) {
      ControlFlow.Block block = blocks.get(i);
      Step last = steps.get(block.to() - 1);
      if (last.kind() == Step.Kind.BRANCH && last.guard() == null) {
        ControlFlow.Block target = blocks.get(block.successors()[0]);
        if (steps.get(target.from()).kind() == Step.Kind.EXIT) {
          block.successors()[0] = blocks.size();
          blocks.add(new ControlFlow.Block(target.from(), target.to(), NOWHERE));
        }
      }
    }
  }
}

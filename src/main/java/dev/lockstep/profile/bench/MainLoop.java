package dev.lockstep.profile.bench;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import dev.lockstep.device.LaunchCounts;
import dev.lockstep.device.LineCounts;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Label;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.PtxKernel;
import java.util.List;
import java.util.Optional;

/**
 * The lines of a kernel's PTX that are repeated while it multiplies: from the target of a branch
 * that goes back to that branch, the fewest that enclose the product executed most often.
 *
 * @param first line of the PTX text, from 1
 * @param last likewise
 */
record MainLoop(int first, int last) {
  /**
   * The loop of the kernel that was launched.
   *
   * @return empty where no tensor core was used, or outside of loops
   */
  static Optional<MainLoop> find(PtxKernel kernel, LaunchCounts launch) {
    long most = 0;
    int hottest = 0;
    for (LineCounts line : launch.lines()) {
      long products = line.counts().get(Counter.TENSOR);
      if (products > most) {
        most = products;
        hottest = line.ptxLine();
      }
    }
    return most == 0 ? Optional.empty() : around(kernel, hottest);
  }

  private static Optional<MainLoop> around(PtxKernel kernel, int line) {
    List<Instruction> instructions = kernel.instructions();
    MainLoop shortest = null;
    for (Instruction branch : instructions) {
      if (!branch.opcode().equals("bra")
          || !(branch.operands().getFirst() instanceof Operand.Target target)) {
        continue;
      }
      Label label = kernel.labels().get(target.label());
      if (label == null || label.index() == instructions.size()) {
        continue;
      }
      MainLoop loop = new MainLoop(instructions.get(label.index()).line(), branch.line());
      if (loop.contains(line) && (shortest == null || loop.length() < shortest.length())) {
        shortest = loop;
      }
    }
    return Optional.ofNullable(shortest);
  }

  /** What a launch of the kernel did in these lines. */
  Counts of(LaunchCounts launch) {
    Counts.Builder sum = new Counts.Builder();
    for (LineCounts line : launch.lines()) {
      if (contains(line.ptxLine())) {
        sum.add(line.counts());
      }
    }
    return sum.build();
  }

  private boolean contains(int line) {
    return first <= line && line <= last;
  }

  private int length() {
    return last - first;
  }
}

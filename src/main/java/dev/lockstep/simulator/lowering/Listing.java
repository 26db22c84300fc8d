package dev.lockstep.simulator.lowering;

import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.execution.Op;
import java.util.ArrayList;
import java.util.List;

/**
 * The code of a kernel as far as it is laid out. Each place has an op, the op that a warp executes
 * there instead once it follows what nobody wrote, and the instruction both came from.
 */
final class Listing {
  private final List<Op> code = new ArrayList<>();
  private final List<Op> followed = new ArrayList<>();
  private final List<LoweredKernel.Site> sites = new ArrayList<>();

  /** Where the next op will stand. */
  int end() {
    return code.size();
  }

  void add(Op op, Op following, LoweredKernel.Site site) {
    code.add(op);
    followed.add(following);
    sites.add(site);
  }

  Op[] code() {
    return code.toArray(Op[]::new);
  }

  /** Whether a warp that follows what nobody wrote executes anything else. */
  boolean differsFollowed() {
    return !followed.equals(code);
  }

  Op[] followed() {
    return followed.toArray(Op[]::new);
  }

  List<LoweredKernel.Site> sites() {
    return sites;
  }
}

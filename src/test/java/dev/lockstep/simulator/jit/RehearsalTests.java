package dev.lockstep.simulator.jit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.simulator.execution.LaneRegisters;
import dev.lockstep.simulator.execution.Slot;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How new code is executed aside before warps execute it. */
class RehearsalTests {
  private static final Place VALUE = new Place(Slot.FLOATS, 3, false);
  private static final Place GUARD = new Place(Place.PREDICATES, 1, false);

  private final LaneRegisters warp =
      new LaneRegisters(new float[4][32], new int[0][], new long[0][], new double[0][], new int[2]);

  /** Code that takes long until it has been called often, and notes what it found. */
  private static final class SlowAtFirst extends LaneCode {
    final int slowCalls;
    int calls;
    final Set<Float> values = new HashSet<>();
    final Set<Integer> guards = new HashSet<>();

    SlowAtFirst(int slowCalls) {
      this.slowCalls = slowCalls;
    }

    @Override
    public void run(LaneRegisters r, int[] registers) {
      values.add(r.floats[registers[0]][0]++);
      guards.add(r.predicates[registers[1]]++);
      long end = System.nanoTime() + (calls++ < slowCalls ? 50_000 : 0);
      while (System.nanoTime() < end) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void endsWhenTheCodeHasBecomeQuick() {
    SlowAtFirst code = new SlowAtFirst(400);
    rehearse(code);
    assertThat(code.calls).isBetween(401, 500);
  }

  @Test
  void codeIsCalledOftenEnoughToBeCompiledAndNotForever() {
    SlowAtFirst quickAtOnce = new SlowAtFirst(20);
    rehearse(quickAtOnce);
    assertThat(quickAtOnce.calls).isBetween(200, 300);
    SlowAtFirst never = new SlowAtFirst(Integer.MAX_VALUE);
    rehearse(never);
    assertThat(never.calls).isLessThan(2000);
  }

  @Test
  void everyCallFindsWhatTheWarpHeldAndGuardsBothWays() {
    warp.floats[3][0] = 7;
    warp.predicates[1] = 0x0000ffff;
    SlowAtFirst code = new SlowAtFirst(0);
    rehearse(code);
    assertThat(code.values).containsExactly(7f);
    assertThat(code.guards).containsExactlyInAnyOrder(0x0000ffff, 0xaaaa5555);
  }

  @Test
  void theWarpKeepsWhatItHolds() {
    IntStream.range(0, 32).forEach(i -> warp.floats[3][i] = i);
    Form add = new Form("fff", Form.Nan.ANY, true, c -> c.fadd());
    Scalar doubled = new Scalar(add, VALUE, List.of(VALUE, VALUE), null, false);
    Part.Run run = new Part.Run(List.of(doubled), Set.of(VALUE), Set.of(VALUE));
    LaneClass lanes = LaneClass.of(run, new HashSet<>());
    LaneCode code = new LaneCodes().of(lanes);
    BoundCode bound = new BoundCode(code, lanes.registers());
    bound.rehearse(Sample.of(List.of(run), warp));
    for (int i = 0; i < 32; i++) {
      assertThat(warp.floats[3][i]).isEqualTo(i);
    }
    assertThat(code.needsRehearsal()).isFalse();
  }

  private void rehearse(LaneCode code) {
    Form move = new Form("ff", Form.Nan.COPY, false, c -> {});
    Scalar guarded = new Scalar(move, VALUE, List.of(VALUE), GUARD, false);
    Part.Run run = new Part.Run(List.of(guarded), Set.of(VALUE), Set.of());
    new Rehearsal(code, List.of(VALUE, GUARD), Sample.of(List.of(run), warp)).run();
  }
}

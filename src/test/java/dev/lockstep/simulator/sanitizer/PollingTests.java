package dev.lockstep.simulator.sanitizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.PtxParser;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Loops that wait for what others store, and loops that merely read it. */
class PollingTests {
  private static final String LOOK = "ld.volatile.global.u32 %r1, [%rd1];\n";
  private static final String COUNT = "add.u32 %r2, %r2, 1; setp.gt.u32 %p1, %r2, 99;\n";
  private static final String SEEN = "setp.ne.u32 %p1, %r1, 0;\n";
  private static final String LEAVE = "@%p1 bra OUT;\n";

  @Test
  void aLoopThatEndsWithWhatItFindsWaits() {
    assertThat(waits("L: " + LOOK + SEEN + LEAVE + "bra L;\nOUT:")).isTrue();
    assertThat(waits("L: " + LOOK + "setp.eq.u32 %p1, %r1, 0; @%p1 bra L;\n")).isTrue();
    assertThat(waits("L: " + LOOK + COUNT + LEAVE + SEEN + LEAVE + "bra L;\nOUT:")).isTrue();
  }

  @Test
  void aLoopThatEndsWithWhatItCountsDoesNot() {
    assertThat(waits("L: " + LOOK + COUNT + LEAVE + "bra L;\nOUT:")).isFalse();
    assertThat(
            waits("L: " + LOOK + "add.u32 %r2, %r2, %r1; setp.lt.u32 %p1, %r2, 9; @%p1 bra L;\n"))
        .isFalse();
    assertThat(waits(LOOK + SEEN + LEAVE + "L: " + COUNT + LEAVE + "bra L;\nOUT:")).isFalse();
  }

  /** What only a longer way round sets does not change on the shorter. */
  @Test
  void theShortestWayRoundDecides() {
    String shorter = "L: " + LOOK + "setp.eq.u32 %p1, %r1, %r2; @%p1 bra L;\n";
    assertThat(waits(shorter + COUNT + "@!%p1 bra L;\n")).isTrue();
  }

  @Test
  @Timeout(60)
  void thousandsOfExitsAreLookedAtOnce() {
    StringBuilder exits = new StringBuilder("L: ");
    for (int i = 0; i < 20_000; i++) {
      exits.append(LOOK).append("add.u32 %r2, %r2, %r1; setp.eq.u32 %p1, %r2, 7;\n").append(LEAVE);
    }
    assertThat(waits(exits + "bra L;\nOUT:")).isFalse();
  }

  /** Whether the first load is one by which a thread waits. */
  private static boolean waits(String code) {
    String module =
        ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry k()\n{\n"
            + ".reg .pred %p<4>; .reg .b32 %r<4>; .reg .b64 %rd<4>;\n"
            + code
            + "\nret;\n}\n";
    PtxKernel kernel = PtxParser.parse(module).kernels().getFirst();
    Instruction load =
        kernel.instructions().stream()
            .filter(in -> in.opcode().equals("ld"))
            .findFirst()
            .orElseThrow();
    return new Polling(List.of(kernel)).has(load);
  }
}

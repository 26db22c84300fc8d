package dev.lockstep.simulator;

import static dev.lockstep.simulator.CountingLab.at;
import static dev.lockstep.simulator.CountingLab.body;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.ExecutionTier;
import dev.lockstep.device.Launch;
import dev.lockstep.device.LaunchCounts;
import dev.lockstep.device.LineCounts;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class InstructionCounterTests {
  /** Instructions of the lab before a kernel's own, and the return behind them. */
  private static final int AROUND = 10;

  private final CountingLab lab = new CountingLab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void straightCodeIsExecutedOnceByEveryWarp() {
    LaunchCounts counts =
        lab.count(
            Launch.of(3, 80),
            """
            add.s32 %r1, %t, 1;
            cvt.rn.f32.s32 %f1, %r1;
            mul.f32 %f2, %f1, %f1;
            """);
    // 80 threads are two full warps and one of 16 lanes.
    Counts body = body(counts);
    assertThat(body.get(Counter.INSTRUCTIONS)).isEqualTo(3 * 3 * 3);
    assertThat(body.get(Counter.THREAD_INSTRUCTIONS)).isEqualTo(3 * 3 * 80);
    assertThat(body.get(Counter.THREAD_INSTRUCTIONS_ON)).isEqualTo(3 * 3 * 80);
    assertThat(body.get(Counter.INTEGER)).isEqualTo(3 * 80);
    assertThat(body.get(Counter.CONVERSION)).isEqualTo(3 * 80);
    assertThat(body.get(Counter.FP32)).isEqualTo(3 * 80);
    assertThat(body.get(Counter.FMUL)).isEqualTo(3 * 80);
    // Also those whose results are the same for the whole launch and computed once.
    assertThat(counts.totals().get(Counter.INSTRUCTIONS)).isEqualTo(3 * 3 * (3 + AROUND));
    assertThat(counts.totals().get(Counter.CONSTANT_LOADS)).isEqualTo(3 * 3 * 3);
  }

  @Test
  void everyTurnOfALoopCounts() {
    LaunchCounts counts =
        lab.count(
            32,
            """
            mov.u32 %r1, 0;
            LOOP: fma.rn.f32 %f1, %f2, %f3, %f1;
            add.s32 %r1, %r1, 1;
            setp.lt.s32 %p1, %r1, %t;
            @%p1 bra LOOP;
            """);
    // Lane t turns max(1, t) times: the warp 31 times, with lanes getting fewer.
    long turns = 1;
    for (int t = 1; t < 32; t++) {
      turns += t;
    }
    assertThat(at(counts, 2, Counter.INSTRUCTIONS)).isEqualTo(31);
    assertThat(at(counts, 2, Counter.THREAD_INSTRUCTIONS)).isEqualTo(turns);
    assertThat(at(counts, 2, Counter.FFMA)).isEqualTo(turns);
    assertThat(counts.totals().flops()).isEqualTo(2 * turns);
    assertThat(at(counts, 5, Counter.BRANCHES)).isEqualTo(31);
    // Lanes 0 and 1 leave after the first turn, then one a turn; lane 31 is alone at the end.
    assertThat(at(counts, 5, Counter.DIVERGENT_BRANCHES)).isEqualTo(30);
    // Taken by those that turn again.
    assertThat(at(counts, 5, Counter.THREAD_INSTRUCTIONS_ON)).isEqualTo(turns - 32);
  }

  @Test
  void aGuardLeavesTheLanesItDoesNotHoldFor() {
    LaunchCounts counts =
        lab.count(
            64,
            """
            setp.lt.u32 %p1, %t, 10;
            @%p1 add.f32 %f1, %f1, %f2;
            @!%p1 mul.f32 %f1, %f1, %f2;
            """);
    // The second warp meets the addition with no lane that executes it.
    assertThat(at(counts, 2, Counter.INSTRUCTIONS)).isEqualTo(2);
    assertThat(at(counts, 2, Counter.THREAD_INSTRUCTIONS)).isEqualTo(64);
    assertThat(at(counts, 2, Counter.THREAD_INSTRUCTIONS_ON)).isEqualTo(10);
    assertThat(at(counts, 2, Counter.FADD)).isEqualTo(10);
    assertThat(at(counts, 3, Counter.FMUL)).isEqualTo(54);
  }

  @ParameterizedTest
  @EnumSource(ExecutionTier.class)
  void lanesThatABranchPassesOverDoNotCountWhatItPasses(ExecutionTier tier) {
    try (CountingLab tiered = new CountingLab(DeviceOptions.defaults().withTier(tier))) {
      LaunchCounts counts =
          tiered
              .declare(".shared .b32 s[1024];")
              .count(
                  96,
                  """
                  mov.u32 %r1, 0; mov.u32 %r3, s; mad.lo.u32 %r3, %t, 4, %r3;
                  st.shared.u32 [%r3], %t;
                  L: add.u32 %r1, %r1, 1; setp.ge.u32 %p1, %t, 40;
                  @%p1 bra PAST;
                  ld.shared.u32 %r4, [%r3];
                  st.shared.u32 [%r3+4], %r4;
                  PAST: setp.lt.u32 %p2, %r1, 5;
                  @%p2 bra L;
                  """);
      // Each turn the first warp enters, the second with 8 lanes, the third not at all.
      assertThat(at(counts, 4, Counter.BRANCHES)).isEqualTo(5 * 3);
      assertThat(at(counts, 4, Counter.DIVERGENT_BRANCHES)).isEqualTo(5);
      assertThat(at(counts, 4, Counter.THREAD_INSTRUCTIONS_ON)).isEqualTo(5 * (24 + 32));
      for (int line = 5; line <= 6; line++) {
        assertThat(at(counts, line, Counter.INSTRUCTIONS)).isEqualTo(5 * 2);
        assertThat(at(counts, line, Counter.THREAD_INSTRUCTIONS)).isEqualTo(5 * 40);
      }
      assertThat(at(counts, 5, Counter.SHARED_LOAD_REQUESTS)).isEqualTo(5 * 2);
      assertThat(at(counts, 5, Counter.SHARED_LOAD_BYTES)).isEqualTo(5 * 40 * 4);
      assertThat(at(counts, 6, Counter.SHARED_STORE_BYTES)).isEqualTo(5 * 40 * 4);
      assertThat(at(counts, 8, Counter.BRANCHES)).isEqualTo(5 * 3);
      assertThat(at(counts, 8, Counter.DIVERGENT_BRANCHES)).isZero();
      assertThat(at(counts, 8, Counter.THREAD_INSTRUCTIONS_ON)).isEqualTo(4 * 96);
    }
  }

  @Test
  void bothSidesOfABranchAreExecutedByTheirLanes() {
    LaunchCounts counts =
        lab.count(
            64,
            """
            setp.lt.u32 %p1, %t, 24;
            @%p1 bra LESS;
            add.f32 %f1, %f1, %f2;
            bra JOIN;
            LESS: mul.f32 %f1, %f1, %f2;
            JOIN: sub.f32 %f1, %f1, %f2;
            """);
    // The first warp parts into 24 and 8 lanes, the second goes one way.
    assertThat(at(counts, 2, Counter.DIVERGENT_BRANCHES)).isEqualTo(1);
    assertThat(at(counts, 3, Counter.INSTRUCTIONS)).isEqualTo(2);
    assertThat(at(counts, 3, Counter.FADD)).isEqualTo(8 + 32);
    assertThat(at(counts, 4, Counter.BRANCHES)).isEqualTo(2);
    assertThat(at(counts, 5, Counter.INSTRUCTIONS)).isEqualTo(1);
    assertThat(at(counts, 5, Counter.FMUL)).isEqualTo(24);
    assertThat(at(counts, 6, Counter.INSTRUCTIONS)).isEqualTo(2);
    assertThat(at(counts, 6, Counter.FADD)).isEqualTo(64);
  }

  @Test
  void lanesThatLeaveEarlyExecuteTheirReturn() {
    LaunchCounts counts =
        lab.count(
            32,
            """
            setp.ge.u32 %p1, %t, 20;
            @%p1 bra END;
            add.f32 %f1, %f1, %f2;
            END:
            """);
    LineCounts end = counts.lines().getLast();
    assertThat(end.instruction()).isEqualTo("ret;");
    assertThat(end.counts().get(Counter.INSTRUCTIONS)).isEqualTo(2);
    assertThat(end.counts().get(Counter.THREAD_INSTRUCTIONS)).isEqualTo(32);
  }

  @Test
  void aGuardedReturnIsOneInstruction() {
    LaunchCounts counts =
        lab.count(
            32,
            """
            setp.ge.u32 %p1, %t, 20;
            @%p1 ret;
            add.f32 %f1, %f1, %f2;
            """);
    assertThat(at(counts, 2, Counter.INSTRUCTIONS)).isEqualTo(1);
    assertThat(at(counts, 2, Counter.THREAD_INSTRUCTIONS)).isEqualTo(32);
    assertThat(at(counts, 2, Counter.THREAD_INSTRUCTIONS_ON)).isEqualTo(12);
    assertThat(at(counts, 2, Counter.BRANCHES)).isZero();
    assertThat(at(counts, 2, Counter.DIVERGENT_BRANCHES)).isZero();
    assertThat(at(counts, 3, Counter.FADD)).isEqualTo(20);
  }

  @Test
  void groupsOfLanesThatMeetGoOnAsOne() {
    LaunchCounts counts =
        lab.count(
            32,
            """
            setp.lt.u32 %p1, %t, 16;
            @%p1 bra LOW;
            add.f32 %f1, %f1, %f2;
            shfl.sync.bfly.b32 %r1, %t, 1, 31, 0xffffffff;
            add.f32 %f1, %f1, %f2;
            ret;
            LOW: bra.uni MEET;
            MEET: shfl.sync.bfly.b32 %r1, %t, 1, 31, 0xffff;
            """);
    assertThat(at(counts, 8, Counter.INTER_THREAD)).isEqualTo(16);
    assertThat(at(counts, 8, Counter.INSTRUCTIONS)).isEqualTo(1);
    // The upper half waits for the lower to end, then shuffles once.
    assertThat(at(counts, 3, Counter.FADD)).isEqualTo(16);
    assertThat(at(counts, 4, Counter.INSTRUCTIONS)).isEqualTo(1);
    assertThat(at(counts, 5, Counter.FADD)).isEqualTo(16);
  }

  @Test
  void halvesCountByPairAndDoublesApart() {
    LaunchCounts counts =
        lab.count(
            32,
            """
            fma.rn.f16x2 %r1, %r2, %r3, %r4;
            add.f16 %h1, %h2, %h3;
            mul.rn.bf16x2 %r5, %r6, %r7;
            fma.rn.f64 %fd1, %fd2, %fd3, %fd4;
            rcp.approx.ftz.f32 %f1, %f2;
            """);
    Counts body = body(counts);
    assertThat(body.get(Counter.HFMA)).isEqualTo(64);
    assertThat(body.get(Counter.HADD)).isEqualTo(32);
    assertThat(body.get(Counter.HMUL)).isEqualTo(64);
    assertThat(body.get(Counter.DFMA)).isEqualTo(32);
    assertThat(body.get(Counter.FP16)).isEqualTo(3 * 32);
    assertThat(body.get(Counter.FP64)).isEqualTo(32);
    assertThat(body.get(Counter.SPECIAL)).isEqualTo(1);
    assertThat(body.flops()).isEqualTo(2 * 64 + 32 + 64 + 2 * 32);
  }

  @Test
  void matrixProductsCountTheirShape() {
    LaunchCounts counts =
        lab.count(
            64,
            """
            mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f0,%f1,%f2,%f3}, {%r0,%r1,%r2,%r3}, {%r4,%r5}, {%f0,%f1,%f2,%f3};
            mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%f0,%f1,%f2,%f3}, {%r0,%r1}, {%r4}, {%f0,%f1,%f2,%f3};
            """);
    Counts body = body(counts);
    assertThat(body.get(Counter.TENSOR)).isEqualTo(4);
    assertThat(body.get(Counter.TENSOR_FLOPS)).isEqualTo(2 * (2 * 16 * 8 * 16 + 2 * 16 * 8 * 8));
    assertThat(body.flops()).isZero();
    assertThat(body.get(Counter.INSTRUCTIONS)).isEqualTo(4);
  }

  @Test
  void allWarpsButTheLastWaitAtABarrier() {
    LaunchCounts counts = lab.count(Launch.of(5, 128), "bar.sync 0;\n");
    assertThat(at(counts, 1, Counter.BARRIERS)).isEqualTo(5 * 4);
    assertThat(at(counts, 1, Counter.BARRIER_WAITS)).isEqualTo(5 * 3);
    LaunchCounts alone = lab.count(32, "bar.sync 0;\n");
    assertThat(at(alone, 1, Counter.BARRIERS)).isEqualTo(1);
    assertThat(at(alone, 1, Counter.BARRIER_WAITS)).isZero();
  }

  @Test
  void functionsCountByAllTheirCalls() {
    LaunchCounts counts =
        lab.declare(
                ".func (.param .b32 r) twice (.param .b32 a) { .reg .f32 %x; ld.param.f32 %x, [a];"
                    + " add.f32 %x, %x, %x; st.param.f32 [r], %x; ret; }")
            .count(
                64,
                """
                setp.lt.u32 %p1, %t, 8;
                { .param .b32 p; .param .b32 q; st.param.f32 [p], %f1;
                call (q), twice, (p); ld.param.f32 %f2, [q]; }
                @!%p1 bra END;
                { .param .b32 p; .param .b32 q; st.param.f32 [p], %f2;
                call (q), twice, (p); ld.param.f32 %f3, [q]; }
                END:
                """);
    // Two warps call once, then eight lanes of the first again.
    assertThat(counts.totals().get(Counter.FADD)).isEqualTo(64 + 8);
    LineCounts addition =
        counts.lines().stream()
            .filter(line -> line.instruction().startsWith("add.f32"))
            .findFirst()
            .orElseThrow();
    assertThat(addition.counts().get(Counter.INSTRUCTIONS)).isEqualTo(3);
    LineCounts back =
        counts.lines().stream()
            .filter(
                line -> line.instruction().equals("ret;") && line.ptxLine() == addition.ptxLine())
            .findFirst()
            .orElseThrow();
    assertThat(back.counts().get(Counter.THREAD_INSTRUCTIONS)).isEqualTo(64 + 8);
    assertThat(at(counts, 3, Counter.CONTROL)).isEqualTo(64);
    assertThat(at(counts, 6, Counter.CONTROL)).isEqualTo(8);
  }

  @Test
  void aBranchToSeveralTargetsParts() {
    LaunchCounts counts =
        lab.count(
            64,
            """
            shr.u32 %r1, %t, 4;
            min.u32 %r1, %r1, 2;
            TARGETS: .branchtargets A, B, C;
            setp.lt.u32 %p1, %t, 40;
            @%p1 brx.idx %r1, TARGETS;
            bra END;
            A: add.f32 %f1, %f1, %f2; bra END;
            B: mul.f32 %f1, %f1, %f2; bra END;
            C: sub.f32 %f1, %f1, %f2;
            END:
            """);
    // The first warp goes two ways; of the second, the first eight lanes go one.
    assertThat(at(counts, 5, Counter.BRANCHES)).isEqualTo(2);
    assertThat(at(counts, 5, Counter.DIVERGENT_BRANCHES)).isEqualTo(1);
    assertThat(at(counts, 5, Counter.INSTRUCTIONS)).isEqualTo(2);
    assertThat(at(counts, 5, Counter.THREAD_INSTRUCTIONS_ON)).isEqualTo(40);
    assertThat(at(counts, 7, Counter.FADD)).isEqualTo(16);
    assertThat(at(counts, 8, Counter.FMUL)).isEqualTo(16);
    assertThat(at(counts, 9, Counter.FADD)).isEqualTo(8);
  }
}

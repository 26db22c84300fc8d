package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.Dim3;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What must not happen at barriers: threads that miss them, disagree or wait for each other. */
class BarrierFaultTests {
  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void aThreadThatMissesItsWarpsBarrierIsAFault() {
    assertThatThrownBy(
            () ->
                lab.run(
                    128,
                    """
                    setp.ge.u32 %p1, %t, 100;
                    @%p1 bra AFTER;
                    bar.sync 0;
                    AFTER: st.global.u32 [%mine], %t;
                    """))
        .isInstanceOfSatisfying(
            DeviceFault.BarrierDivergence.class,
            fault -> {
              assertThat(fault).hasMessageContaining("a thread exited while others");
              assertThat(fault.site().thread()).isEqualTo(new Dim3(96, 0, 0));
              assertThat(fault.site().ptxLine()).isEqualTo(Lab.FIRST_LINE + 2);
              assertThat(fault.site().instruction()).isEqualTo("bar.sync 0;");
            });
  }

  /** Unlike a branch around it, that is no early return. */
  @Test
  void threadsThatABarriersGuardKeepsOutMissItEvenIfNothingFollows() {
    assertThatThrownBy(() -> lab.run(32, "setp.lt.u32 %p1, %t, 16;\n@%p1 bar.sync 0;"))
        .isInstanceOf(DeviceFault.BarrierDivergence.class)
        .hasMessageContaining("a thread exited while others of its warp waited");
  }

  @Test
  void threadsThatDoNotCallAFunctionMissItsBarrier() {
    lab.declare(".func meet() { bar.sync 0; ret; }");
    assertThatThrownBy(
            () ->
                lab.run(
                    32,
                    """
                    setp.lt.u32 %p1, %t, 16;
                    @%p1 call meet;
                    st.global.u32 [%mine], %t;
                    """))
        .isInstanceOf(DeviceFault.BarrierDivergence.class)
        .hasMessageContaining("a thread exited while others of its warp waited");
  }

  @Test
  void threadsThatReturnBeforeACallDoNotMissItsBarrier() {
    lab.declare(".func meet() { bar.sync 0; ret; }");
    assertThat(
            lab.run(
                3,
                """
                setp.ge.u32 %p1, %t, 2;
                @%p1 bra END;
                call meet;
                st.global.u32 [%mine], %t;
                END: ret;
                """))
        .containsExactly(0, 1, Lab.UNTOUCHED);
  }

  @Test
  void lanesOfOneWarpAtTwoBarriersAreAFault() {
    assertThatThrownBy(
            () ->
                lab.run(
                    32,
                    """
                    setp.ge.u32 %p1, %t, 16;
                    @%p1 bra UPPER;
                    bar.sync 0;
                    bra END;
                    UPPER: bar.sync 0;
                    END: st.global.u32 [%mine], %t;
                    """))
        .isInstanceOf(DeviceFault.BarrierDivergence.class)
        .hasMessageContaining("lanes ffff ")
        .hasMessageContaining("lanes ffff0000 ")
        .hasMessageContaining("PTX line " + (Lab.FIRST_LINE + 2))
        .hasMessageContaining("PTX line " + (Lab.FIRST_LINE + 4));
  }

  @Test
  void aDeadlockNamesEveryWaitingWarpAndItsLine() {
    assertThatThrownBy(
            () ->
                lab.run(
                    64,
                    """
                    setp.ge.u32 %p1, %t, 32;
                    @%p1 bra OTHER;
                    bar.sync 1, 64;
                    bra END;
                    OTHER: bar.sync 2, 64;
                    END:
                    """))
        .isInstanceOf(DeviceFault.Deadlock.class)
        .hasMessageContaining(
            "warp 0 waits at `bar.sync 1, 64;` (PTX line " + (Lab.FIRST_LINE + 2) + ")")
        .hasMessageContaining(
            "warp 1 waits at `bar.sync 2, 64;` (PTX line " + (Lab.FIRST_LINE + 4) + ")");
  }

  @Test
  void aBarrierThatDoesNotExistIsAFault() {
    assertThatThrownBy(() -> lab.run(32, "mov.b32 %r1, 16; bar.sync %r1;"))
        .isInstanceOf(DeviceFault.Trap.class)
        .hasMessageContaining("barrier 16 does not exist");
  }

  @Test
  void lanesOfAWarpAtDifferentBarriersAreAFault() {
    assertThatThrownBy(
            () ->
                lab.run(
                    32,
                    """
                    and.b32 %r4, %t, 1;
                    setp.eq.u32 %p2, %r4, 0;
                    @%p2 bra EVEN;
                    barrier.sync 1;
                    bra END;
                    EVEN: barrier.sync 2;
                    END:
                    """))
        .isInstanceOf(DeviceFault.BarrierDivergence.class)
        .hasMessageContaining("threads of a warp name different barriers");
    assertThatThrownBy(() -> lab.run(32, "bar.sync %t;"))
        .isInstanceOf(DeviceFault.BarrierDivergence.class);
  }

  @Test
  void countsThatDifferAreAFault() {
    assertThatThrownBy(
            () ->
                lab.run(
                    96,
                    """
                    setp.ge.u32 %p1, %t, 64;
                    mov.u32 %r1, 96;
                    @%p1 mov.u32 %r1, 64;
                    bar.sync 1, %r1;
                    """))
        .isInstanceOf(DeviceFault.BarrierDivergence.class)
        .hasMessageContaining("barrier 1 is for 64 threads here, for 96 where others arrived");
  }

  @Test
  void aCountIsAMultipleOfAWarp() {
    assertThatThrownBy(() -> lab.run(64, "mov.u32 %r1, 48; bar.sync 1, %r1;"))
        .isInstanceOf(DeviceFault.BarrierDivergence.class)
        .hasMessageContaining("48 threads, which is no multiple of a warp");
    assertThatThrownBy(() -> lab.run(64, "bar.arrive 1, 0;"))
        .isInstanceOf(DeviceFault.BarrierDivergence.class);
  }

  @Test
  void aReductionIsNotMixedWithWaiting() {
    assertThatThrownBy(
            () ->
                lab.run(
                    64,
                    """
                    setp.ge.u32 %p1, %t, 32;
                    @%p1 bra UPPER;
                    bar.sync 1;
                    bra END;
                    UPPER: bar.red.popc.u32 %r1, 1, %p1;
                    END:
                    """))
        .isInstanceOf(DeviceFault.BarrierDivergence.class)
        .hasMessageContaining("barrier 1 reduces a predicate for some and only waits for others");
  }
}

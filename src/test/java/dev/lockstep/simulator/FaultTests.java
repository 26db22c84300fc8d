package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A mistake stops the launch with its exact place, and the device goes on. */
class FaultTests {
  private static final int LINE = Lab.FIRST_LINE;

  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "st.global.u32 [%mine+4], %t; | global store of 4 bytes | 0 bytes past the end",
        "ld.global.v2.u32 {%r1,%r2}, [%out+249]; | load of 8 bytes | needs a multiple of 8",
        "ld.global.u32 %r1, [%mine+4]; | global load of 4 bytes | 0 bytes past the end",
        "ld.global.v2.u32 {%r1,%r2}, [%out+256]; | load of 8 bytes | 0 bytes past the end",
        "ld.u8 %r1, [%out+256]; | load of 1 bytes | 0 bytes past the end",
        "st.global.u32 [%out+-4], %t; | global store of 4 bytes | 4 bytes before the start",
        "mov.b64 %rd1, 0; st.u32 [%rd1+16], %t; | store of 4 bytes | a null pointer",
        "atom.global.add.u32 %r1, [%out+256], 1; | atomic of 4 bytes | 0 bytes past the end",
        "mov.b32 %r1, 1024; ld.shared.u32 %r1, [%r1]; | shared load of 4 bytes | shared memory has"
            + " 64 bytes",
        "mov.b32 %r1, -4; st.shared.u32 [%r1], %t; | shared store of 4 bytes | shared memory has 64"
            + " bytes",
        "ld.local.u32 %r1, [64]; | local load of 4 bytes | local memory has 32 bytes",
        "mov.b32 %r1, 60; cp.async.ca.shared.global [%r1], [%out], 8; | async copy | needs a"
            + " multiple of 8",
        "shl.b32 %r1, %t, 3; cp.async.ca.shared.global [%r1], [%out+256], 8; | async copy of 8"
            + " bytes | past the end",
      })
  void accessesThatHitNothing(String code, String access, String nearest) {
    lab.declare(".shared .b32 s[16];");
    Throwable thrown = catchThrowable(() -> lab.run(64, ".local .b32 l[8];\n" + code));
    assertThat(thrown)
        .isInstanceOf(DeviceFault.class)
        .hasMessageContaining(access)
        .hasMessageContaining(nearest);
    assertThat(((DeviceFault) thrown).site().ptxLine()).isEqualTo(LINE + 1);
  }

  @Test
  void theSiteIsTheThreadThatDidIt() {
    DeviceFault.IllegalAddress fault =
        catchThrowableOfType(
            DeviceFault.IllegalAddress.class,
            () ->
                lab.run(
                    new Launch(new Dim3(3, 2, 1), new Dim3(16, 4, 1), 0),
                    """
                    .loc 1 77 5
                    mov.u32 %r1, %ctaid.y;
                    mov.u32 %r2, %ctaid.x;
                    mov.u32 %r3, %tid.y;
                    mov.u32 %r4, %tid.x;
                    setp.eq.s32 %p1, %r1, 1;
                    setp.eq.and.s32 %p1, %r2, 2, %p1;
                    setp.eq.and.s32 %p1, %r3, 3, %p1;
                    setp.eq.and.s32 %p1, %r4, 5, %p1;
                    mov.b64 %rd1, 4096; mov.f32 %f1, 0f3F800000;
                    @%p1 st.global.f32 [%rd1], %f1;
                    ret;
                    }
                    .file 1 "/kernels/norm.cu"
                    .entry other() {
                    """,
                    1,
                    new int[0],
                    0));
    assertThat(fault.site().kernel()).isEqualTo("k");
    assertThat(fault.site().block()).isEqualTo(new Dim3(2, 1, 0));
    assertThat(fault.site().thread()).isEqualTo(new Dim3(5, 3, 0));
    assertThat(fault.site().ptxLine()).isEqualTo(LINE + 10);
    assertThat(fault.site().instruction()).isEqualTo("@%p1 st.global.f32 [%rd1], %f1;");
    assertThat(fault.site().source()).isEqualTo("norm.cu:77");
    assertThat(fault).hasMessageContaining("illegal address 0x1000");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ld.global.u32 %r1, [%out+2];                       | 4",
        "ld.global.v4.f32 {%f1,%f2,%f3,%f4}, [%out+8];      | 16",
        "cvt.u16.u32 %h1, %t; st.global.u16 [%out+1], %h1;                       | 2",
        "mov.b32 %r1, 4; ld.shared.u64 %rd1, [%r1];         | 8",
        "mov.b32 %r1, 8; ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r1}, [%r1]; | 16"
      })
  void misalignedAccesses(String code, int alignment) {
    lab.declare(".shared .b32 s[16];");
    assertThatThrownBy(() -> lab.run(32, code))
        .isInstanceOf(DeviceFault.MisalignedAddress.class)
        .hasMessageContaining("needs a multiple of " + alignment)
        .hasMessageContaining("PTX line " + LINE);
  }

  @Test
  void freedMemoryIsGone() {
    try (KernelModule module = lab.load("st.global.u32 [%out], %t;");
        DeviceBuffer kept = lab.ints(1)) {
      DeviceBuffer freed = lab.ints(1, 2, 3);
      KernelArgs args = new KernelArgs().address(freed, 0).address(kept, 0).int32(0);
      lab.stream.launch(module.kernel("k"), Launch.of(1, 32), args);
      freed.close();
      assertThatThrownBy(() -> lab.stream.launch(module.kernel("k"), Launch.of(1, 32), args))
          .isInstanceOf(DeviceFault.IllegalAddress.class)
          .hasMessageContaining("in a buffer of 12 bytes, which was freed");
    }
  }

  @Test
  void theFirstFaultingBlockIsReportedWhateverTheThreads() {
    String body =
        """
        mov.u32 %r1, %ctaid.x;
        setp.ge.u32 %p1, %r1, 5;
        @%p1 trap;
        """;
    for (int threads : new int[] {1, 2, 4}) {
      try (Lab own = new Lab(DeviceOptions.defaults().withThreads(threads))) {
        assertThatThrownBy(() -> own.run(Launch.of(64, 32), body, 1, new int[0], 0))
            .isInstanceOfSatisfying(
                DeviceFault.Trap.class,
                t -> assertThat(t.site().block()).isEqualTo(new Dim3(5, 0, 0)));
      }
    }
  }

  @Test
  void anEndlessLoopMeetsTheStepLimit() {
    try (Lab own = new Lab(DeviceOptions.defaults().withThreads(1).withStepLimit(100_000))) {
      assertThatThrownBy(() -> own.run(32, "FOREVER: bra FOREVER;"))
          .isInstanceOf(DeviceFault.StepLimit.class)
          .hasMessageContaining("100000 instructions")
          .hasMessageContaining("`bra FOREVER;`");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "wgmma.fence.sync.aligned;",
        "add.f32.what %f1, %f1, %f2;",
        "atom.global.add.noftz.v2.f64 {%fd1, %fd2}, [%out], {%fd1, %fd2};",
        "mma.sync.aligned.m8n8k4.row.row.f64.f64.f64.f64 {%fd1,%fd2}, {%fd3}, {%fd4}, {%fd1,%fd2};",
        "call.uni (%r1), elsewhere, (%rd1, %rd2);",
        "tex.2d.v4.f32.s32 {%f1,%f2,%f3,%f4}, [tex, {%r1,%r2}];",
        "ld.global.L1::no_such_space.f99 %f1, [%out];",
        "cvt.rn.satfinite.e2m1x2.f32 %h1, %f1, %f2;",
        "cvt.f32.f64 %f1, %fd1;",
        "cvt.rn.f32.f32 %f1, %f2;",
        "cvt.s32.f32 %r1, %f1;",
        "cvt.rn.relu.f32.f64 %f1, %fd1;",
        "cvt.rn.rz.f16.f32 %h1, %f1;",
        "fma.rn.oob.f16 %h1, %h2, %h3, %h4;",
        "fma.f32 %f1, %f2, %f3, %f4;",
        "add.sat.u32 %r1, %r1, %r2;",
        "mul.s32 %r1, %r1, %r2;",
        "min.f64 %fd1, %fd1, %fd2, %fd3;",
        "min.relu.u32 %r1, %r1, %r2;",
        "ex2.f32 %f1, %f2;",
        "add.ftz.bf16 %h1, %h2, %h3;",
        "setp.lo.s32 %p1, %r1, %r2;",
        "setp.eq.ftz.f64 %p1, %fd1, %fd2;",
        "set.lt.f32.f16 %f1, %h1, %h2;",
        "slct.f32.u32 %f1, %f2, %f3, %r1;"
      })
  void whatIsNotKnownIsRefusedWhenTheKernelIsLoaded(String code) {
    lab.declare(
        ".tex .u32 tex; .extern .func (.param .b32 r) elsewhere(.param .b64 x, .param .b64 y);");
    try (KernelModule module = lab.load("membar.cta;\n" + code)) {
      assertThatThrownBy(() -> module.kernel("k"))
          .isInstanceOfSatisfying(
              DeviceFault.UnsupportedInstruction.class,
              fault -> {
                assertThat(fault.site().ptxLine()).isEqualTo(LINE + 1);
                assertThat(fault.site().instruction()).isEqualTo(code);
                assertThat(fault).hasMessageContaining("is beyond the simulator (");
                assertThat(fault).hasMessageContaining(") in k, PTX line " + (LINE + 1) + " `");
              });
    }
  }

  /** Beyond the name, the line and the text: what it would take. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "mapa.shared::cluster.u32 %r1, %r2, %r3; ~ clusters of blocks",
        "mbarrier.init.shared.b64 [%r1], %r2; ~ barrier objects in memory",
        "wgmma.fence.sync.aligned; ~ matrix products of warpgroups",
        "setmaxnreg.inc.sync.aligned.u32 40; ~ registers that move between warpgroups",
        "tex.1d.v4.f32.s32 {%f1,%f2,%f3,%f4}, [tex, {%r1}]; ~ textures",
        "cp.async.bulk.wait_group 0; ~ bulk copies",
        "cp.reduce.async.bulk.global.shared::cta.bulk_group.add.u32 [%r1],[%r2],16; ~ bulk copies",
        "st.bulk.weak.shared::cta [%r1], 128, 0; ~ bulk copies",
        "cp.async.mbarrier.arrive.shared.b64 [%r1]; ~ barrier objects in memory",
        "fence.mbarrier_init.release.cluster; ~ barrier objects in memory",
        "barrier.cluster.arrive.aligned; ~ clusters of blocks",
        "cvt.rs.f16x2.f32 %r1, %f1, %f2, %r2; ~ rounding by random bits",
        "cvt.rn.satfinite.e2m1x2.f32 %r1, %f1, %f2; ~ formats of 4 and 6 bits and of scales",
        "ldmatrix.sync.aligned.m16n16.x1.trans.shared.b8 {%r1,%r2},[%r3]; ~ matrices of single"
            + " bytes",
        "vadd2.u32.u32.u32 %r1, %r2.h1, %r3, %r4; ~ the selector .h1",
        "vadd2.u32.u32.u32 %r1.h01, %r2, %r3, %r4; ~ the mask .h01",
        "vadd4.u32.u32.u32 %r1, %r2.h10, %r3, %r4; ~ the selector .h10",
        "vadd4.u32.u32.u32 %r1, %r2, 5, %r4; ~ a source that is no register",
        "vmad.u32.u32.u32.po %r1, %r2, %r3, -%r4; ~ .po and a negated operand",
        "vmad.u32.u32.u32 %r1, -%r2, %r3, -%r4; ~ a negated product and a negated summand",
        "vadd.u32.u32.u32 %r1, %r2, -%r3; ~ an operand that is no 32-bit value",
        "vadd.u32.u32.u32 %r1, %r2.b4, %r3; ~ the selector .b4"
      })
  void aRefusalSaysWhatIsMissing(String code, String missing) {
    lab.declare(".tex .u32 tex;");
    refuses(code, missing);
  }

  /** Assemblers refuse these, so they are mistakes that would run here alone. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '~',
      value = {
        "add.f32 %f1, %f2, 1; ~ an integer where a .f32 belongs",
        "mov.f64 %fd1, 1; ~ an integer where a .f64 belongs",
        "add.f16x2 %r1, %r1, 5; ~ an integer where a .f16x2 belongs",
        "mov.u32 %i1, 0f3f800000; ~ a floating-point number where a .u32 belongs",
        "mov.b32 %i1, 1.0; ~ a floating-point number where a .b32 belongs",
        "st.global.u32 [%d], 1.0; ~ a floating-point number where a .u32 belongs",
        "add.u32 %i1, %i1, %x; ~ %x is .f32, which is no .u32",
        "add.u64 %d, %d, %i1; ~ %i1 is .u32, which is no .u64",
        "mov.f32 %x, %i1; ~ %i1 is .u32, which is no .f32",
        "setp.eq.s32 %q, %x, 0; ~ %x is .f32, which is no .s32",
        "selp.f32 %i1, %x, %x, %q; ~ %i1 is .u32, which is no .f32",
        "shr.u32 %i1, %i1, %d; ~ %d is .u64, which is no .u32",
        "mul.wide.u32 %d, %d, 4; ~ %d is .u64, which is no .u32",
        "ld.global.u32 %x, [%d]; ~ %x is .f32, which is no .u32",
        "st.global.f32 [%d], %i1; ~ %i1 is .u32, which is no .f32",
        "cvt.rn.f32.s32 %i1, %i1; ~ %i1 is .u32, which is no .f32",
        "cvt.u32.u64 %i1, %i1; ~ %i1 is .u32, which is no .u64",
        "ld.relaxed.global.u32 %i1, [%d]; ~ it needs one of .cta, .cluster, .gpu, .sys",
        "ld.acquire.gpu.local.u32 %i1, [%d]; ~ modifier .acquire in local memory",
        "ld.release.gpu.u32 %i1, [%d]; ~ modifier .release of ld",
        "st.acquire.gpu.u32 [%d], %i1; ~ modifier .acquire of st",
        "ld.shared.nc.u32 %i1, [%d]; ~ modifier .nc outside of global memory"
      })
  void refusesOperandsOfAnotherType(String code, String mistake) {
    refuses(".reg .u32 %i<2>; .reg .f32 %x; .reg .u64 %d; .reg .pred %q; " + code, mistake);
  }

  /** Registers of untyped bits go with every type of their size, and wider ones with memory. */
  @Test
  void takesOperandsThatAreUntypedOrWider() {
    try (KernelModule module =
        lab.load(
            """
            { .reg .b32 %b; .reg .u32 %i; .reg .f32 %x; .reg .f64 %w; .reg .b64 %d; .reg .s64 %s;
            .reg .f16x2 %two;
            add.f32 %b, %x, 1.5; add.u32 %b, %i, %two; mov.b32 %x, %i; mov.b32 %x, 5;
            mov.b32 %i, 0f3f800000; mov.b64 %d, 1.5; mov.f32 %x, 0d3ff0000000000000;
            st.global.u8 [%d], %s; st.global.b32 [%d], %w; st.global.f32 [%d], %d;
            cvt.u64.u8 %s, %i; cvt.rn.f32.u32 %d, %s; selp.b32 %x, %i, 1, %p1; shl.b64 %w, %d, %b; }
            """)) {
      assertThat(module.kernel("k")).isNotNull();
    }
  }

  private void refuses(String code, String missing) {
    try (KernelModule module = lab.load(code)) {
      assertThatThrownBy(() -> module.kernel("k"))
          .isInstanceOf(DeviceFault.UnsupportedInstruction.class)
          .hasMessageContaining(" is beyond the simulator (" + missing + ")");
    }
  }

  @Test
  void theDeviceGoesOnAfterAFault() {
    assertThatThrownBy(() -> lab.run(64, "bar.sync 0;\ntrap;"))
        .isInstanceOf(DeviceFault.Trap.class)
        .hasMessageContaining("the kernel executed trap")
        .hasMessageContaining("k block (0,0,0) thread (32,0,0)");
    assertThat(lab.run(2, "st.global.u32 [%mine], 9;")).containsExactly(9, 9);
  }
}

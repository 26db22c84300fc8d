package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.KernelImage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Forms that ptxas 13 refuses, and their neighbours that it takes. */
class RefusedFormsTests {
  private static final int LINE = 12;

  /** Loads a kernel whose line {@link #LINE} is {@code body}. */
  private static void load(String version, String ofModule, String body) {
    String ptx =
        """
        .version %s
        .target sm_80
        .address_size 64
        %s
        .visible .entry k(.param .u64 p)
        {
          .reg .pred %%p<4>;
          .reg .b16 %%h<4>;
          .reg .b32 %%r<9>;
          .reg .b64 %%rd<9>;
          .reg .f32 %%f<4>;
          %s
          ret;
        }
        """
            .formatted(version, ofModule, body);
    try (SimulatedDevice device = new SimulatedDevice(DeviceOptions.defaults())) {
      device.load(KernelImage.ofPtx("k", ptx)).kernel("k");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ld.global.u32 %r1, [%rd1-4]; | column 27: an offset is added, not subtracted: write +-4",
        "mov.u64 %rd1, g-4; | column 18: an offset is added",
        "add.u32 %r1, %r2, 1;; | column 23: a ';' without an instruction before it",
        "{ ; } | a ';' without an instruction before it",
        "mov.b32 %r1, {%h1,%h2,}; | an operand is missing behind the comma",
        "mov.b32 %r1, {}; | a vector has elements",
        "mov.b32 %r1, {{%h1,%h2}}; | a vector within a vector",
        "over: bra.sat over; | bra.sat: bra has no modifier but .uni",
        "ret %r1; | ret takes no operands",
        "mma.sync.m8n8k16.row.col.s32.s8.s8.s32 {%r1,%r2},{%r3},{%r4},{%r1,%r2}; | lacks .aligned",
      })
  void whatIsMisspeltIsRefusedWithItsPlace(String body, String message) {
    assertThatThrownBy(() -> load("8.0", ".global .u32 g[4];", body))
        .isInstanceOf(DeviceException.class)
        .hasMessageContainingAll("PTX line " + LINE + ",", message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "add.u32 %r1, %tid.x, 1;",
        "mad.lo.u32 %r1, %ctaid.x, %ntid.x, %r2;",
        "setp.eq.u32 %p1, %tid.x, 0;",
        "selp.b32 %r1, %laneid, 1, %p1;",
        "st.global.u32 [%rd1], %clock;",
        "shfl.sync.idx.b32 %r1, %r2, %laneid, 31, -1;",
        "atom.global.add.u32 %r1, [%rd1], %tid.x;",
        "sub.u64 %rd1, %clock64, %rd2;",
        "bar.sync 0, %ntid.x;",
      })
  void specialRegistersAreForMovesAndConversions(String body) {
    assertThatThrownBy(() -> load("8.0", "", body))
        .isInstanceOf(DeviceFault.UnsupportedInstruction.class)
        .hasMessageContainingAll("the special register %", "mov and cvt do", "PTX line " + LINE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mov.u32 %r1, %tid.x;",
        "cvt.u64.u32 %rd1, %tid.x;",
        "mov.b64 %rd1, {%tid.x, %tid.y};",
        "mov.v4.u32 {%r1, %r2, %r3, %r4}, %tid;",
        "add.u32 %r1, %r2, WARP_SZ;",
        "ld.global.u32 %r1, [%rd1+-4];",
        "ld.global.u32 %r1, [%rd1+8*2-4];",
        "mov.u64 %rd1, g+-4;",
        "mov.u64 %rd1, g+8-4;",
        "{ .reg .b32 %r1; mov.b32 %r1, 3; }",
      })
  void whatStandsBesideThemIsTaken(String body) {
    assertThatCode(() -> load("8.0", ".global .u32 g[4];", body)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mov.relu %r1, %r2; | it has no type",
        "mov.u32.u32 %r1, %r2; | it has several types",
        "mov.u32 %r1, %r2, %r3; | it has 3 operands, not 2",
        "mov.f16 %h1, %h2; | mov of .f16",
        "xor.b32 %r1, %r1, %r2, %r3; | it has 4 operands, not 3",
        "setp.lt.s32.lt %p1, %r1, %r2; | modifier .lt twice",
        "rcp.rn.ftz.f32.ftz %f1, %f2; | modifier .ftz twice",
        "mul.wide.wide.u32 %rd1, %r1, %r2; | modifier .wide twice",
        "ld.global.f16 %h1, [%rd1]; | ld of .f16",
        "st.global.bf16x2 [%rd1], %r1; | st of .bf16x2",
        "ld.global.const.u32 %r1, [%rd1]; | it has several state spaces",
        "ld.u64 %rd1, [p]; | p lies in param memory, which is not accessed so",
        "ld.global.u32 %r1, [s]; | s lies in shared memory, which is not accessed so",
        "ld.shared.u32 %r1, [g]; | g lies in global memory, which is not accessed so",
        "bfe.u32 %r1, %f1, %r2, %r3; | %f1 is .f32, which is no .u32",
        "bfind.u32 %rd1, %r1; | %rd1 is .b64, which is no .u32",
        "popc.b64 %rd1, %rd2; | %rd1 is .b64, which is no .u32",
        "clz.b32 %r1, %rd2; | %rd2 is .b64, which is no .b32",
        "shf.l.wrap.b32 %r1, %r2, %r3, %f1; | %f1 is .f32, which is no .u32",
        "lop3.b32 %r1, %rd1, %r2, %r3, 1; | %rd1 is .b64, which is no .b32",
        "vadd.u32.u32.u32 %r1, %f1, %r2; | %f1 is .f32, which is no .u32",
        "vote.sync.ballot.b32 %rd1, %p1, -1; | %rd1 is .b64, which is no .b32",
        "vote.sync.any.f32 %p1, %p2, -1; | type .f32",
        "match.any.sync.b32 %r1, %rd1, -1; | %rd1 is .b64, which is no .b32",
        "redux.sync.add.u32 %r1, %f1, -1; | %f1 is .f32, which is no .u32",
        "redux.sync.min.f32 %f1, %f2, -1; | needs .target sm_100a",
        "shfl.sync.idx.b32 %r1, %rd1, 0, 31, -1; | %rd1 is .b64, which is no .b32",
        "atom.global.add.u32 %r1, [%rd1], %rd2; | %rd2 is .b64, which is no .u32",
        "red.global.add.u32 [%rd1], %r1, %r2; | it has 3 operands, not 2",
        "add.rn.f32.f16 %f1, %r1, %f2; | %r1 is .b32, which is no .f16",
        "cvta.global.u64 %rd1, %r1; | %r1 is .b32, which is no .u64",
        "ret.eq; | modifiers .eq",
        "exit 1; | it has 1 operands, not 0",
        "trap.rz; | modifiers .rz",
        "nanosleep 40; | a modifier is missing",
        "activemask %r1; | a modifier is missing",
        "membar; | it needs one of .cta, .gl, .sys",
        "fence.acq_rel; | it needs one of .cta, .cluster, .gpu, .sys",
        "griddepcontrol; | a modifier is missing",
        "cp.async.ca.shared [s], [%rd1], 4; | a copy that is not from .global to .shared",
        "ld.global.v8.b32 {%r1,%r2,%r3,%r4,%r5,%r6,%r7,%r8}, [%rd1]; | before sm_100",
        "ld.shared.v4.b64 {%rd1,%rd2,%rd3,%rd4}, [s]; | 16 bytes at once in shared memory",
        "bar.sync 16; | barrier 16, where 0 to 15 are",
        "bar.sync -1; | barrier -1, where 0 to 15 are",
        "bar.sync %rd1; | %rd1 is .b64, which is no .u32",
        "bar.sync 0, %f1; | %f1 is .f32, which is no .u32",
        "bar.arrive.aligned 0, 64; | modifier .aligned",
        "bar 0; | it needs one of .sync, .arrive, .red",
        "bar.red.popc.s32 %r1, 0, %p1; | type .s32",
        "bar.red.and %p2, 0, %p1; | a form with 0 types",
        "bar.red.popc.u32 %f1, 0, %p1; | %f1 is .f32, which is no .u32",
        "barrier.sync.popc 0, 32; | a reduction without .red",
        "bar.warp -1; | a form without .sync",
        "bar.warp.sync.aligned -1; | modifier .aligned",
        "shfl.sync.idx.f32 %f1, %f2, 0, 31, -1; | type .f32",
        "match.any.sync.u32 %r1, %r2, -1; | type .u32",
        "redux.sync.add.b32 %r1, %r2, -1; | reduction .add of .b32",
        "redux.sync.and.u32 %r1, %r2, -1; | reduction .and of .u32",
        "pmevent 16; | no number from 0 to 15",
        "pmevent %r1; | no number from 0 to 15",
        "nanosleep.u32 %f1; | %f1 is .f32, which is no .u32",
        "isspacep.global %p1, %h1; | %h1 is .b16, which is no .u32",
        "cvta.global.b64 %rd1, %rd2; | type .b64",
        "cvta.global.to.u64 %rd1, %rd2; | .to stands first",
        "cp.async.wait_all 1; | it has 1 operands, not 0",
        "ld.global.u32 %r1, [0]; | an address that is a number, which only local memory has",
        "st.shared.u32 [16], %r1; | an address that is a number",
        "atom.shared.add.u32 %r1, [0], 1; | an address that is a number",
        "add.u32 %r1, %r2, s; | the address of s, which add does not take: mov does",
        "st.global.u64 [%rd1], g; | the address of g, which st does not take",
        "cvta.to.shared.u64 %rd1, s; | the address of s, which cvta does not take",
        "add.s32 _, %r1, %r2; | a result that is not kept",
        "ld.global.u32 _, [%rd1]; | a result that is not kept",
        "'shfl.sync.idx.b32 _|%p1, %r1, 0, 31, -1;' | a result that is not kept",
        "st.global.u32 [%rd1], _; | a sink where a value belongs",
        "st.global.v2.u32 [%rd1], {_, %r1}; | a sink where a value belongs",
        "vadd.u32.u32.u32 %r1, %r2, %r3, %r4; | a third source, which .add, .min, .max",
        "vadd.u32.u32.u32.add %r1, %r2, %r3, %r4.b0; | a selector of the third source",
        "ldmatrix.aligned.m8n8.x1.shared.b16 {%r1}, [%r2]; | it needs one of .sync",
      })
  void mistakesInOneInstructionAreRefused(String body, String message) {
    assertThatThrownBy(() -> load("9.0", ".global .u32 g[4]; .shared .b8 s[64];", body))
        .isInstanceOf(DeviceFault.UnsupportedInstruction.class)
        .hasMessageContainingAll(message, "PTX line " + LINE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ex2.approx.approx.f32 %f1, %f2;",
        "bfi.b32 %f1, %f1, %f2, %r1, %r2;",
        "popc.b32 %r1, %f1;",
        "prmt.b32 %f1, %f1, %f2, %f3;",
        "lop3.or.b32 %r1|%p1, %r2, %r3, %r4, 1, %p2;",
        "testp.finite.f32 %p1, %r1;",
        "match.any.sync.b64 %r1, %rd1, -1;",
        "shfl.sync.idx.b32 %f1, %f2, 1, 31, -1;",
        "atom.global.exch.b32 %f1, [%rd1], %f2;",
        "atom.global.add.f32 %r1, [%rd1], %f1;",
        "fma.rn.f32.bf16 %f1, %h1, %hu, %f2;",
        "ld.u32 %r1, [s]; ld.u32 %r1, [g]; st.u32 [s], 1;",
        "fence.proxy.alias; membar.gl; bra.uni over; over:",
        "bar.sync 15; barrier.cta.sync.aligned 0, 64; barrier.aligned.sync %r1;",
        "bar.red.popc.u32 %r1, 0, !%p1; barrier.red.aligned.and.pred %p2, 0, 64, %p1;",
        "shfl.idx.sync.b32 %r1, %r2, 0, 31, -1; match.sync.any.b32 %r1, %r2, -1;",
        "vote.ballot.sync.b32 %r1, %p1, -1; redux.add.sync.u32 %r1, %r2, -1;",
        "setp.eq.s32 _|%p1, %r1, %r2; atom.global.add.u32 _, [%rd1], 1;",
        "ld.global.v2.u32 {_, %r1}, [%rd1]; shfl.sync.idx.b32 %r1|_, %r2, 0, 31, -1;",
        "cvta.shared.u64 %rd1, s; cvta.u64.global %rd1, %rd2; ld.local.u32 %r1, [0];",
        "pmevent 15; pmevent.mask 65535; nanosleep.u32 %r1; isspacep.global %p1, %r1;",
      })
  void whatOnlyLooksLikeAMistakeIsTaken(String body) {
    String declared = ".reg .u16 %hu; " + body;
    assertThatCode(() -> load("9.0", ".global .u32 g[4]; .shared .b8 s[64];", declared))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"99.9", "8.9", "6.9", "0.5", "10.0"})
  void aVersionThatNeverWasIsRefused(String version) {
    assertThatThrownBy(() -> load(version, "", ""))
        .isInstanceOf(DeviceException.class)
        .hasMessageContainingAll("PTX line 1,", "there is no version " + version + " of PTX");
  }

  @ParameterizedTest
  @ValueSource(strings = {"7.0", "7.8", "8.8", "9.0", "9.2"})
  void versionsOfTheTargetAndThoseToComeAreTaken(String version) {
    assertThatCode(() -> load(version, "", "")).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.4", "3.2", "5.1", "6.5"})
  void aVersionBeforeTheTargetIsRefused(String version) {
    assertThatThrownBy(() -> load(version, "", ""))
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining(
            "PTX line 2, column 9: sm_80 exists since PTX 7.0, and the file says .version "
                + version);
  }

  @Test
  void aStraySemicolonOfTheModuleIsRefused() {
    assertThatThrownBy(() -> load("8.0", ";", ""))
        .isInstanceOf(DeviceException.class)
        .hasMessageContainingAll("PTX line 4,", "a ';' without a declaration before it");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "| .shared .b8 s[49153]; st.shared.u8 [s], 1; | 49153",
        ".shared .b8 s[65536]; | mov.u64 %rd1, s; | 65536",
        ".shared .b8 s[32768]; | .shared .b8 t[32768]; st.shared.v2.u32 [s], {%r1,%r2};"
            + " mov.u64 %rd1, t; | 65536",
      })
  void moreThan48KibOfDeclaredSharedMemoryIsRefused(String ofModule, String body, int bytes) {
    assertThatThrownBy(() -> load("8.0", ofModule == null ? "" : ofModule, body))
        .isInstanceOf(DeviceException.class)
        .hasMessageContainingAll("k declares " + bytes + " bytes of shared memory", "49152");
  }

  /** What only another kernel names, and what the launch gives a size, does not count. */
  @Test
  void sharedMemoryUpToThatIsTaken() {
    assertThatCode(
            () ->
                load(
                    "8.0",
                    ".shared .b8 others[65536]; .extern .shared .b8 dynamic[];",
                    ".shared .b8 s[49152]; st.shared.u8 [s], 1; st.shared.u8 [dynamic+65536], 1;"))
        .doesNotThrowAnyException();
  }

  /** A vector of one element is that element, on either side. */
  @Test
  void aVectorOfOneIsItsElement() {
    try (Lab lab = new Lab(DeviceOptions.defaults())) {
      String body =
          "mov.b32 %r2, {%t}; mov.b32 {%r3}, %r2; add.u32 %r3, %r3, 1;"
              + " st.global.u32 [%mine], %r3;";
      assertThat(lab.run(3, body)).containsExactly(1, 2, 3);
    }
  }
}

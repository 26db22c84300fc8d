package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.KernelImage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** PTX that reads well and makes no sense: refused when it is loaded, in words. */
class HostilePtxTests {
  private static void load(String body) {
    String ptx =
        """
        .version 8.0
        .target sm_80
        .address_size 64
        .visible .entry k(.param .u64 p)
        {
          .reg .pred %%p<9>;
          .reg .b32 %%r<9>;
          .reg .b64 %%rd<9>;
          .reg .f64 %%fd<9>;
          %s
          ret;
        }
        """
            .formatted(body);
    try (SimulatedDevice device = new SimulatedDevice(DeviceOptions.defaults())) {
      device.load(KernelImage.ofPtx("k", ptx)).kernel("k");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "frob.u32 %r1, 5;",
        "add.u32 %r1;",
        "add.u32 5, %r2, %r2;",
        "add.u32 [%r1], {%r2, %r1}, p;",
        "add.u32 %p1, %p1, %p2;",
        "ld.global.u32;",
        "ld.global.u32 %r1, %r2;",
        "ld.global.v4.u32 {%r1, %r2}, [%rd1];",
        "ld.param.u64 %rd1, [p+80];",
        "ld.param.u64 %rd1, [p+-80];",
        "ld.param.u64 %rd1, [p+1];",
        "cvt;",
        "cvt.u32 %r1, %r2;",
        "mad.lo;",
        "bar.sync;",
        "shfl.sync.idx.b32;",
        "mov.u32 %tid.x, 5;",
        "lop3.b32 %r1, %r2, %r2, %r2, %r2;",
        "prmt.b32 %r1, %r2;",
        "st.const.u64 [p], %rd1;",
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%r1}, {%r1}, {%r1}, {%r1};",
      })
  void isUnsupported(String instruction) {
    assertThatThrownBy(() -> load(instruction))
        .isInstanceOfSatisfying(
            DeviceFault.UnsupportedInstruction.class,
            fault -> {
              assertThat(fault.site().ptxLine()).isEqualTo(10);
              assertThat(fault.site().instruction()).isEqualTo(instruction);
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {".shared .b8 x[4294967295];", ".local .b8 x[4294967295];"})
  void moreMemoryThanThereCanBe(String declaration) {
    assertThatThrownBy(() -> load(declaration))
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining("memory");
  }

  @Test
  void manyBlocksInARowNeedNoStack() {
    StringBuilder body = new StringBuilder("setp.eq.u32 %p1, 0, 1;\n");
    for (int i = 0; i < 20_000; i++) {
      body.append("L%d: @%%p1 bra L%d;\n".formatted(i, i + 1));
    }
    load(body + "L20000:\n");
  }
}

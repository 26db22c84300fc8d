package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelTracer;
import dev.lockstep.device.KernelTracer.Step;
import dev.lockstep.device.KernelTracer.Value;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the tracer shows of divergence, guards, barriers and faults. */
class TracerTests {
  private static final String PTX =
      """
      .version 8.0
      .target sm_80
      .address_size 64
      .visible .entry k(.param .u64 out)
      {
        .reg .pred %p<3>;
        .reg .b32 %r<6>;
        .reg .b64 %rd<4>;
        ld.param.u64 %rd1, [out];
        mov.u32 %r1, %laneid;
        mov.u32 %r2, %ctaid.x;
        setp.lt.u32 %p1, %r1, 2;
        @%p1 bra LOW;
        add.u32 %r3, %r1, 100;
        bra.uni JOIN;
      LOW:
        add.u32 %r3, %r1, 200;
      JOIN:
        bar.sync 0;
        setp.eq.u32 %p2, %r1, 1;
        @%p2 mov.u32 %r3, 7;
        shfl.sync.idx.b32 %r4, %r3, 1, 31, -1;
        mul.wide.u32 %rd2, %r1, 4;
        add.s64 %rd3, %rd1, %rd2;
        @!%p2 st.global.u32 [%rd3], %r4;
        @%p2 exit;
        add.u32 %r5, %r4, %r2;
        ret;
      }
      """;

  private final List<Step> steps = new ArrayList<>();

  private void launch(int bytes, Dim3 block, int warp) {
    launch(PTX, bytes, block, warp);
  }

  private void launch(String ptx, int bytes, Dim3 block, int warp) {
    try (SimulatedDevice device = new SimulatedDevice(DeviceOptions.defaults());
        DeviceBuffer out = device.allocate(bytes);
        Stream stream = device.newStream()) {
      KernelTracer tracer = device.capability(KernelTracer.class).orElseThrow();
      tracer.start(block, warp, steps::add);
      stream.launch(
          device.load(KernelImage.ofPtx("k", ptx)).kernel("k"),
          new Launch(new Dim3(2), new Dim3(36), 0),
          new KernelArgs().address(out, 0));
      tracer.stop();
    }
  }

  private List<String> shown() {
    return steps.stream()
        .map(step -> "%x %s".formatted(step.active(), step.instruction().text()))
        .toList();
  }

  private Value only(String instruction) {
    return steps.stream()
        .filter(step -> step.instruction().text().startsWith(instruction))
        .findFirst()
        .orElseThrow()
        .values()
        .getFirst();
  }

  @Test
  void showsEveryInstructionOnceWithTheLanesThatExecuteIt() {
    launch(128, new Dim3(1, 0, 0), 1);
    assertThat(shown())
        .containsExactlyInAnyOrder(
            "f ld.param.u64 %rd1, [out];",
            "f mov.u32 %r1, %laneid;",
            "f mov.u32 %r2, %ctaid.x;",
            "f setp.lt.u32 %p1, %r1, 2;",
            "3 @%p1 bra LOW;",
            "c add.u32 %r3, %r1, 100;",
            "c bra.uni JOIN;",
            "3 add.u32 %r3, %r1, 200;",
            "f bar.sync 0;",
            "f setp.eq.u32 %p2, %r1, 1;",
            "2 @%p2 mov.u32 %r3, 7;",
            "f shfl.sync.idx.b32 %r4, %r3, 1, 31, -1;",
            "f mul.wide.u32 %rd2, %r1, 4;",
            "f add.s64 %rd3, %rd1, %rd2;",
            "d @!%p2 st.global.u32 [%rd3], %r4;",
            "2 @%p2 exit;",
            "d add.u32 %r5, %r4, %r2;",
            "d ret;");
    assertThat(shown().getLast()).isEqualTo("d ret;");
  }

  @Test
  void showsWhatWasWritten() {
    launch(128, new Dim3(1, 0, 0), 1);
    assertThat(only("mov.u32 %r2").lanes()).startsWith(1L, 1L, 1L, 1L);
    assertThat(only("setp.lt").lanes()).startsWith(1L, 1L, 0L, 0L);
    assertThat(only("add.u32 %r3, %r1, 100").lanes().subList(2, 4)).containsExactly(102L, 103L);
    assertThat(only("shfl").lanes()).startsWith(7L, 7L, 7L, 7L);
    assertThat(only("shfl").written()).isTrue();
    assertThat(only("add.u32 %r5").lanes().getFirst()).isEqualTo(8);
  }

  @Test
  void showsWhatAStoreReads() {
    launch(128, new Dim3(1, 0, 0), 1);
    List<Value> values =
        steps.stream()
            .filter(step -> step.instruction().opcode().equals("st"))
            .findFirst()
            .orElseThrow()
            .values();
    assertThat(values).extracting(value -> value.register().name()).containsExactly("%rd3", "%r4");
    assertThat(values).noneMatch(Value::written);
    assertThat(values.get(1).lanes()).startsWith(7L, 7L, 7L, 7L);
  }

  @Test
  void endsWithTheInstructionThatFaults() {
    assertThatThrownBy(() -> launch(16, new Dim3(0, 0, 0), 0))
        .isInstanceOf(DeviceFault.IllegalAddress.class);
    assertThat(steps.getLast().instruction().text()).startsWith("@!%p2 st.global");
  }

  @Test
  void aTracedBarrierIsStillOne() {
    String apart = PTX.replace("add.u32 %r3, %r1, 200;", "bar.sync 1;");
    assertThatThrownBy(() -> launch(apart, 128, new Dim3(0, 0, 0), 0))
        .isInstanceOf(DeviceFault.BarrierDivergence.class);
  }

  @Test
  void theFirstWarpIsAnother() {
    launch(128, new Dim3(0, 0, 0), 0);
    assertThat(shown()).contains("ffffffff mov.u32 %r1, %laneid;", "3 @%p1 bra LOW;");
    assertThat(only("mov.u32 %r2").lanes()).containsOnly(0L);
  }
}

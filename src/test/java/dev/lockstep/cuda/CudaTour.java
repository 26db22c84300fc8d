package dev.lockstep.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.Event;
import dev.lockstep.device.Graph;
import dev.lockstep.device.Graphs;
import dev.lockstep.device.HostBuffer;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Everything the CUDA device can do, done once, on tiny kernels: all driver calls of {@code
 * dev.lockstep.cuda} happen here.
 */
final class CudaTour {
  /** Stores at any address; reaches beyond the end of a thread's rights in each known way. */
  static final String PTX =
      """
      .version 7.0
      .target sm_80
      .address_size 64
      .extern .shared .align 16 .b8 dynamic[];
      .visible .global .align 4 .u32 word;

      .visible .entry nothing() { ret; }

      .visible .entry store(.param .u64 at, .param .u32 value)
      {
        .reg .b64 %rd<2>;
        .reg .b32 %r<2>;
        ld.param.u64 %rd1, [at];
        ld.param.u32 %r1, [value];
        st.global.u32 [%rd1], %r1;
        ret;
      }

      .visible .entry increment(.param .u64 at, .param .u32 by)
      {
        .reg .b64 %rd<2>;
        .reg .b32 %r<4>;
        ld.param.u64 %rd1, [at];
        ld.param.u32 %r1, [by];
        ld.global.u32 %r2, [%rd1];
        add.u32 %r3, %r2, %r1;
        st.global.u32 [%rd1], %r3;
        ret;
      }

      .visible .entry stop() { trap; ret; }
      """;

  private static final int BIG_SHARED = 64 << 10;

  private CudaTour() {}

  static Launch one() {
    return Launch.of(1, 1);
  }

  static void run() {
    try (Device device = StandInDriver.open();
        KernelModule module = device.load(KernelImage.ofPtx("tour", PTX));
        Stream stream = device.newStream();
        Event before = device.newEvent();
        Event after = device.newEvent();
        DeviceBuffer buffer = device.allocate(64);
        DeviceBuffer other = device.allocate(64);
        Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(64, 8);
      host.fill((byte) 3);
      KernelArgs args = new KernelArgs();
      stream.record(before);
      stream.copyToDevice(buffer, 0, host);
      stream.fill(other, 0, 64, (byte) 5);
      stream.copyOnDevice(other, 0, buffer, 0, 32);
      stream.launch(module.kernel("store"), one(), args.reset().address(other, 60).int32(7));
      stream.launch(
          module.kernel("nothing"), new Launch(new Dim3(1), new Dim3(1), BIG_SHARED), args.reset());
      Graphs graphs = device.capability(Graphs.class).orElseThrow();
      try (Graph graph = graphs.capture(s -> s.fill(other, 32, 4, (byte) 6));
          Stream copies = device.newStream();
          HostBuffer pinned = device.allocateHost(4)) {
        stream.launch(graph);
        stream.record(after);
        copies.await(after);
        copies.copyToHost(pinned.memory(), other, 32);
        copies.synchronize();
        assertThat(pinned.memory().get(ValueLayout.JAVA_INT, 0)).isEqualTo(0x06060606);
      }
      stream.copyOnDevice(other, 4, module.variable("word"), 0, 4);
      stream.copyToHost(host, other, 0);
      stream.record(after);
      stream.synchronize();
      assertThat(host.get(ValueLayout.JAVA_INT, 4)).isZero();
      assertThat(host.get(ValueLayout.JAVA_INT, 28)).isEqualTo(0x03030303);
      assertThat(host.get(ValueLayout.JAVA_INT, 32)).isEqualTo(0x06060606);
      assertThat(host.get(ValueLayout.JAVA_INT, 60)).isEqualTo(7);
      assertThat(after.secondsSince(before)).isBetween(0.0, 60.0);
      assertThatThrownBy(() -> device.load(KernelImage.ofPtx("wrong", ".version 7.0\n.nonsense")))
          .isInstanceOf(RuntimeException.class);
      assertThatThrownBy(() -> device.allocate(1L << 45)).isInstanceOf(DeviceException.class);
    }
  }
}

package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.Event;
import dev.lockstep.device.HostBuffer;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelInspector;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SimulatedDeviceTests {
  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void isFoundByName() {
    try (var device = Devices.open("sim", DeviceOptions.defaults().withThreads(3)).device()) {
      assertThat(device.info().provider()).isEqualTo("sim");
      assertThat(device.info().multiprocessors()).isEqualTo(108);
      assertThat(device.info().computeCapability()).isEqualTo("8.0");
    }
  }

  @Test
  void refusesALaunchThatDoesNotFitTheKernel() {
    try (KernelModule module = lab.load("")) {
      Kernel kernel = module.kernel("k");
      KernelArgs tooShort = new KernelArgs().int64(0).int64(0);
      assertThatThrownBy(() -> lab.stream.launch(kernel, Launch.of(1, 32), tooShort))
          .isInstanceOf(DeviceException.class)
          .hasMessage("k takes 20 bytes of parameters, 16 were given");
      KernelArgs args = new KernelArgs().int64(0).int64(0).int32(0);
      assertThatThrownBy(() -> lab.stream.launch(kernel, Lab.launch(1, 32, 200_000), args))
          .isInstanceOf(DeviceException.class)
          .hasMessageContaining("k needs 200000 bytes of shared memory per block, at most");
    }
  }

  @Test
  void refusesMoreThreadsThanTheKernelWasCompiledFor() {
    String ptx =
        ".version 8.0\n.target sm_80\n.address_size 64\n"
            + ".entry narrow() .maxntid 64, 1, 1 { ret; }";
    try (KernelModule module = lab.device.load(KernelImage.ofPtx("m", ptx))) {
      Kernel kernel = module.kernel("narrow");
      lab.stream.launch(kernel, Launch.of(1, 64), new KernelArgs());
      assertThatThrownBy(
              () ->
                  lab.stream.launch(
                      kernel, new Launch(new Dim3(1), new Dim3(5, 13, 1), 0), new KernelArgs()))
          .isInstanceOf(DeviceException.class)
          .hasMessage(
              "narrow was compiled for at most 64 threads per block, block (5,13,1) has 65");
    }
  }

  @Test
  void refusesAnotherBlockThanTheOneTheKernelRequires() {
    String ptx =
        ".version 8.0\n.target sm_80\n.address_size 64\n.entry exact() .reqntid 16, 2 { ret; }";
    try (KernelModule module = lab.device.load(KernelImage.ofPtx("m", ptx))) {
      Kernel kernel = module.kernel("exact");
      lab.stream.launch(kernel, new Launch(new Dim3(3), new Dim3(16, 2, 1), 0), new KernelArgs());
      for (Dim3 block : List.of(new Dim3(32), new Dim3(16), new Dim3(2, 16, 1))) {
        assertThatThrownBy(
                () ->
                    lab.stream.launch(kernel, new Launch(new Dim3(1), block, 0), new KernelArgs()))
            .isInstanceOf(DeviceException.class)
            .hasMessage("exact was compiled for blocks of (16,2,1) alone, not " + block);
      }
    }
  }

  @Test
  void namesTheKernelsThereAre() {
    try (KernelModule module = lab.load("")) {
      assertThat(module.entries()).containsExactly("k");
      assertThatThrownBy(() -> module.kernel("j"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("module lab has no kernel \"j\"; it has [k]");
    }
  }

  @Test
  void saysWhereAnImageIsNoPtx() {
    assertThatThrownBy(
            () -> lab.device.load(KernelImage.ofPtx("broken", ".version 8.0\n.target !")))
        .isInstanceOf(DeviceException.class)
        .hasMessage("image broken: PTX line 2, column 9: expected a target, found '!'");
  }

  @Test
  void buffersAreZeroedAlignedAndApart() {
    try (DeviceBuffer a = lab.device.allocate(5);
        DeviceBuffer b = lab.device.allocate(300)) {
      assertThat(a.address() % 256).isZero();
      assertThat(b.address() % 256).isZero();
      assertThat(b.address() - a.address()).isGreaterThanOrEqualTo(4096);
      assertThat(lab.read(b)).containsOnly(0);
      assertThat(a.bytes()).isEqualTo(5);
    }
    assertThatThrownBy(() -> lab.device.allocate(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("bytes -1 must not be negative");
    lab.device.allocate(0).close();
  }

  @Test
  void refusesABufferAfterItsEnd() {
    DeviceBuffer buffer = lab.ints(1, 2);
    buffer.close();
    buffer.close();
    assertThatThrownBy(buffer::address).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> lab.read(buffer))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this buffer of 8 bytes was closed");
  }

  @Test
  void copiesAndFills() {
    try (DeviceBuffer a = lab.ints(1, 2, 3, 4);
        DeviceBuffer b = lab.ints(5, 6, 7, 8)) {
      lab.stream.copyOnDevice(b, 4, a, 8, 8);
      lab.stream.fill(b, 12, 3, (byte) 0x11);
      lab.stream.synchronize();
      assertThat(lab.read(b)).containsExactly(5, 3, 4, 0x00111111);
      assertThatThrownBy(() -> lab.stream.copyOnDevice(a, 0, a, 4, 8))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("overlap");
      assertThatThrownBy(() -> lab.stream.fill(a, 12, 5, (byte) 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("offset 12 and 5 bytes do not fit a buffer of 16");
      assertThatThrownBy(() -> lab.stream.copyToHost(MemorySegment.ofArray(new int[4]), a, 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("native segment");
    }
  }

  @Test
  void anotherDevicesBufferIsRefused() {
    try (Lab other = new Lab();
        DeviceBuffer foreign = other.ints(1)) {
      assertThatThrownBy(() -> lab.stream.fill(foreign, 0, 4, (byte) 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the buffer belongs to another device");
    }
  }

  @Test
  void eventsMeasureTime() {
    try (Event before = lab.device.newEvent();
        Event after = lab.device.newEvent()) {
      lab.stream.record(before);
      assertThatThrownBy(() -> after.secondsSince(before))
          .isInstanceOf(IllegalStateException.class);
      lab.run(32, "st.global.u32 [%mine], %t;");
      lab.stream.record(after);
      assertThat(after.secondsSince(before)).isBetween(1e-9, 600.0);
    }
  }

  @Test
  void hostMemoryIsZeroedAndOutOfReachOnceClosed() {
    HostBuffer host = lab.device.allocateHost(40);
    assertThat(host.memory().byteSize()).isEqualTo(40);
    assertThat(host.memory().toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
    host.close();
    host.close();
    assertThatThrownBy(() -> host.memory().fill((byte) 1))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> lab.device.allocateHost(-1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void countsTheInstructionsOfALaunch() {
    // Three warps, two blocks; what is the same for each block is not executed for each.
    lab.run(Lab.launch(2, 96, 0), "mov.u32 %r1, 7;\nbar.sync 0;\nret;", 1, new int[0], 0);
    long few = lab.stream.warpInstructions();
    lab.run(
        Lab.launch(2, 96, 0),
        "mov.u32 %r1, 7;\n"
            + "bar.sync 0;\n"
            + "add.s32 %r2, %r1, %g;\n"
            + "add.s32 %r3, %r1, %t;\n"
            + "bar.sync 0;\n"
            + "ret;",
        1,
        new int[0],
        0);
    assertThat(lab.stream.warpInstructions() - few).isEqualTo(2 * 3 * 2);
  }

  @Test
  void aClosedDeviceIsRefused() {
    SimulatedDevice device = new SimulatedDevice(DeviceOptions.defaults());
    DeviceBuffer leaked = device.allocate(16);
    device.close();
    device.close();
    assertThatThrownBy(() -> device.allocate(1)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(device::newStream).isInstanceOf(IllegalStateException.class);
    leaked.close();
  }

  @Test
  void whatIsTheSameForEachBlockIsComputedForEachLaunch() {
    try (KernelModule module =
            lab.load(
                "setp.lt.s32 %p1, %t, %n; selp.b32 %r1, 7, 8, %p1;"
                    + "mad.lo.s32 %r1, %r1, %n, %t; st.global.u32 [%mine], %r1;");
        DeviceBuffer out = lab.ints(new int[8])) {
      for (int n : new int[] {1, 3}) {
        KernelArgs args = new KernelArgs().address(out, 0).nullAddress().int32(n);
        lab.stream.launch(module.kernel("k"), Launch.of(2, 4), args);
        assertThat(lab.read(out))
            .isEqualTo(IntStream.range(0, 8).map(i -> (i % 4 < n ? 7 : 8) * n + i % 4).toArray());
      }
    }
  }

  @Test
  void argumentsMayChangeAfterTheLaunch() {
    try (Arena arena = Arena.ofConfined();
        KernelModule module = lab.load("st.global.u32 [%mine], %n;");
        DeviceBuffer out = lab.ints(0)) {
      KernelArgs args = new KernelArgs().address(out, 0).nullAddress().int32(5);
      lab.stream.launch(module.kernel("k"), Launch.of(1, 1), args);
      args.reset();
      MemorySegment host = arena.allocate(ValueLayout.JAVA_INT);
      lab.stream.copyToHost(host, out, 0);
      assertThat(host.get(ValueLayout.JAVA_INT, 0)).isEqualTo(5);
    }
  }

  /** Clang declares shared memory outside of kernels: each has what it names. */
  @Test
  void aKernelHasNoSharedMemoryThatOnlyOthersName() {
    String ptx =
        """
        .version 8.0
        .target sm_80
        .shared .align 16 .b8 mine[48];
        .shared .align 16 .b8 others[40000];
        .entry k() { .reg .b32 %r; ld.shared.u32 %r, [mine]; ret; }
        .entry other() { .reg .b32 %r; ld.shared.u32 %r, [others]; ret; }
        """;
    try (KernelModule module = lab.device.load(KernelImage.ofPtx("m", ptx))) {
      KernelInspector inspector = lab.device.capability(KernelInspector.class).orElseThrow();
      assertThat(inspector.inspect(module, "k").staticSharedBytes()).isEqualTo(48);
      assertThat(inspector.inspect(module, "other").staticSharedBytes()).isEqualTo(40_000);
    }
  }
}

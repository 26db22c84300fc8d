package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Sanitizer;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the sanitizer knows of global memory: who wrote it, who allocated it, who kept it. */
class SanitizedMemoryTests {
  private static final String READ_OWN =
      "mad.wide.u32 %rd1, %g, 4, %in;\nld.global.u32 %r1, [%rd1];\nst.global.u32 [%mine], %r1;";

  private static final String HEAP =
      ".extern .func (.param .b64 r) malloc(.param .b64 n); .extern .func free(.param .b64 p);";

  private final Lab lab = new Lab();
  private final DeviceBuffer out = lab.device.allocate(256);
  private final DeviceBuffer in = lab.device.allocate(256);

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void freshBuffersAreUninitialized() {
    DeviceFault fault = faultOf(READ_OWN);
    assertThat(fault)
        .isInstanceOf(DeviceFault.UninitializedRead.class)
        .hasMessageContaining("a thread reads 4 bytes at 0x%x".formatted(in.address()))
        .hasMessageContaining("offset 0 of a buffer of 256 bytes (allocated at ")
        .hasMessageContaining("SanitizedMemoryTests.<init>(SanitizedMemoryTests.java:")
        .hasMessageContaining("nobody has written there");
    assertThat(fault.site().ptxLine()).isEqualTo(Lab.FIRST_LINE + 1);
  }

  @Test
  void copiesFromTheHostInitialize() {
    try (Arena arena = Arena.ofConfined()) {
      lab.stream.copyToDevice(in, 0, arena.allocate(200));
      // Threads 50 to 63 read what the copy left out.
      assertThat(faultOf(READ_OWN).site().thread().x()).isEqualTo(50);
      lab.stream.copyToDevice(in, 200, arena.allocate(56));
      run(READ_OWN);
    }
  }

  @Test
  void fillsInitialize() {
    lab.stream.fill(in, 0, 129, (byte) 1);
    assertThat(faultOf(READ_OWN))
        .hasMessageContaining("thread (32,0,0)")
        .hasMessageContaining("bytes 1 to 3 of it were never written");
    lab.stream.fill(in, 129, 127, (byte) 1);
    run(READ_OWN);
  }

  @Test
  void storesOfKernelsInitialize() {
    run("mad.wide.u32 %rd1, %g, 4, %in; setp.ne.u32 %p1, %t, 40; @%p1 st.global.u32 [%rd1], %t;");
    assertThat(faultOf(READ_OWN).site().thread().x()).isEqualTo(40);
    run(
        "mad.wide.u32 %rd1, %g, 4, %in; st.global.u8 [%rd1+3], %t; st.global.v2.u8 [%rd1],"
            + " {%t,%t};");
    assertThat(faultOf(READ_OWN)).hasMessageContaining("byte 2 of it was never written");
    run("mad.wide.u32 %rd1, %g, 4, %in; st.global.u32 [%rd1], %t;");
    run(READ_OWN);
  }

  @Test
  void copiesOnTheDeviceTakeOverWhatIsKnown() {
    try (DeviceBuffer half = lab.device.allocate(256)) {
      lab.stream.fill(half, 0, 128, (byte) 1);
      lab.stream.fill(in, 0, 256, (byte) 1);
      lab.stream.copyOnDevice(in, 0, half, 0, 256);
      assertThat(faultOf(READ_OWN).site().thread().x()).isEqualTo(32);
    }
  }

  @Test
  void moduleVariablesAreInitialized() {
    lab.declare(".global .u32 v[4];");
    run("ld.global.u32 %r1, [v+8]; st.global.u32 [%mine], %r1;");
  }

  @Test
  void atomicsRead() {
    assertThat(faultOf("red.global.add.u32 [%in], 1;"))
        .isInstanceOf(DeviceFault.UninitializedRead.class)
        .hasMessageContaining("a thread updates 4 bytes");
  }

  @Test
  void asynchronousCopiesReadWhatTheySay() {
    lab.declare(".shared .align 16 .b8 s[1024];");
    String copy =
        "mov.u32 %r1, s; mad.lo.s32 %r1, %t, 16, %r1; "
            + "cp.async.cg.shared.global [%r1], [%in], 16, %r2; cp.async.wait_all;";
    lab.stream.fill(in, 0, 12, (byte) 1);
    run("mov.u32 %r2, 12; " + copy);
    run("mov.u32 %r2, 0; " + copy);
    assertThat(faultOf("mov.u32 %r2, 13; " + copy))
        .hasMessageContaining("a thread reads 13 bytes")
        .hasMessageContaining("byte 12 of it was never written");
  }

  @Test
  void bytesCanBeDeclaredInitialized() {
    Sanitizer sanitizer = lab.device.capability(Sanitizer.class).orElseThrow();
    sanitizer.markInitialized(in, 0, 256);
    run(READ_OWN);
    assertThatThrownBy(() -> sanitizer.markInitialized(in, 200, 57))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("offset 200 and 57 bytes do not fit a buffer of 256");
  }

  @Test
  void illegalAddressesNameTheAllocation() {
    assertThat(faultOf("st.global.u32 [%out+260], %t;"))
        .isInstanceOf(DeviceFault.IllegalAddress.class)
        .hasMessageContaining(
            "4 bytes past the end of a buffer of 256 bytes (allocated at SanitizedMemoryTests.");
    assertThat(faultOf("ld.global.u32 %r1, [%out+-8];"))
        .hasMessageContaining("8 bytes before the start of a buffer of 256 bytes (allocated at");
  }

  @Test
  void freedBuffersAreNamed() {
    try (KernelModule module = lab.load("st.global.u32 [%in], %t;")) {
      DeviceBuffer freed = lab.device.allocate(64);
      KernelArgs args = new KernelArgs().address(out, 0).address(freed, 0).int32(0);
      freed.close();
      assertThatThrownBy(() -> lab.stream.launch(module.kernel("k"), Launch.of(1, 1), args))
          .isInstanceOf(DeviceFault.IllegalAddress.class)
          .hasMessageContaining("in a buffer of 64 bytes, which was freed (allocated at Sanitized");
    }
  }

  @Test
  void leaksAreListed() {
    SimulatedDevice device = new SimulatedDevice(DeviceOptions.defaults().withSanitize(true));
    Sanitizer sanitizer = device.capability(Sanitizer.class).orElseThrow();
    DeviceBuffer kept = device.allocate(77);
    device.allocate(78).close();
    assertThat(sanitizer.leaks()).extracting(Sanitizer.Leak::bytes).containsExactly(77L);
    device.close();
    assertThat(sanitizer.leaks()).hasSize(1);
    assertThat(sanitizer.leaks().get(0).toString())
        .startsWith("77 bytes allocated at SanitizedMemoryTests.leaksAreListed(Sanitized");
    kept.close();
    assertThat(sanitizer.leaks()).isEmpty();
  }

  @Test
  void memoryOfMallocHasNoValue() {
    lab.declare(HEAP);
    String taken = "call (%rd1), malloc, (64); st.u32 [%rd1+4], 7;";
    String back = " call free, (%rd1); st.global.u32 [%mine], %r1;";
    assertThat(lab.run(1, taken + "ld.u32 %r1, [%rd1+4];" + back)).containsExactly(7);
    assertThatThrownBy(() -> lab.run(1, taken + "ld.u32 %r1, [%rd1];" + back))
        .isInstanceOf(DeviceFault.UninitializedRead.class)
        .hasMessageContaining(
            "offset 0 of a malloc of 64 bytes (allocated at k block (0,0,0) thread (0,0,0), PTX"
                + " line");
  }

  @Test
  void whatKernelsDoNotFreeLeaks() {
    Sanitizer sanitizer = lab.device.capability(Sanitizer.class).orElseThrow();
    int before = sanitizer.leaks().size();
    lab.declare(HEAP)
        .run(1, "call (%rd1), malloc, (64); call (%rd2), malloc, (32); call free, (%rd1);");
    assertThat(sanitizer.leaks().stream().skip(before).map(Sanitizer.Leak::toString))
        .singleElement()
        .asString()
        .startsWith("32 bytes allocated at k block (0,0,0) thread (0,0,0), PTX line ");
  }

  @Test
  void withoutTheOptionThereIsNoSanitizer() {
    try (SimulatedDevice device = new SimulatedDevice(DeviceOptions.defaults())) {
      assertThat(device.capability(Sanitizer.class)).isEmpty();
    }
  }

  private void run(String body) {
    try (KernelModule module = lab.load(body)) {
      KernelArgs args = new KernelArgs().address(out, 0).address(in, 0).int32(0);
      lab.stream.launch(module.kernel("k"), Launch.of(1, 64), args);
    }
  }

  private DeviceFault faultOf(String body) {
    return catchThrowableOfType(DeviceFault.class, () -> run(body));
  }
}

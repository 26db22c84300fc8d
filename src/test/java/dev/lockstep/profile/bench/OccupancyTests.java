package dev.lockstep.profile.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.ComputeCapability;
import dev.lockstep.device.GpuModel;
import dev.lockstep.profile.bench.Occupancy.Limit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each line worked out by hand from the published limits of the GPU. */
class OccupancyTests {
  /**
   * The first two are NVIDIA's own example ("CUDA C++ Best Practices Guide", section "Calculating
   * Occupancy"): 37 registers a thread are 1184 a warp, rounded up to 1280; a quarter of a
   * multiprocessor holds 12 such warps, the whole 48; that is 12 blocks of 4 warps, or 4 of 10.
   */
  @ParameterizedTest
  @CsvSource({
    "v100, 128,  37,      0, 12, 48, 64, REGISTERS",
    "v100, 320,  37,      0,  4, 40, 64, REGISTERS",
    // 32 registers and 256 threads fill sm_80 and sm_90; one register more is rounded up to 40.
    "a100, 256,  32,      0,  8, 64, 64, WARPS",
    "h100, 256,  32,      0,  8, 64, 64, WARPS",
    "a100, 256,  33,      0,  6, 48, 64, REGISTERS",
    "a100, 256,  40,      0,  6, 48, 64, REGISTERS",
    // 46 are 1472, rounded up to 1536: 10 warps a quarter, 40 in all, 5 blocks of 8 or 2 of 16.
    "a100, 256,  46,      0,  5, 40, 64, REGISTERS",
    "h100, 512,  46,      0,  2, 32, 64, REGISTERS",
    // 255 registers are 8160 a warp, rounded up to 8192: two warps a quarter.
    "h100, 256, 255,      0,  1,  8, 64, REGISTERS",
    // 65 registers for 32 warps: 2304 a warp, 7 a quarter, 28 in all; the block does not fit.
    "a100, 1024, 65,      0,  0,  0, 64, REGISTERS",
    "a100, 1024, 64,      0,  1, 32, 64, REGISTERS",
    // Small blocks: 32 of one warp on sm_80 and sm_90, 16 on sm_86, 24 on sm_89.
    "a100,  32,  16,      0, 32, 32, 64, BLOCKS",
    "rtx3090, 32, 16,     0, 16, 16, 48, BLOCKS",
    "rtx4090, 32, 16,     0, 24, 24, 48, BLOCKS",
    // The last warp of 33 threads is a whole one.
    "a100,  33,  16,      0, 32, 64, 64, WARPS",
    // 48 KiB and 1 KiB of the system's: 3 blocks in 164 KiB, 4 in 228 KiB.
    "a100, 256,  32,  49152,  3, 24, 64, SHARED_MEMORY",
    "h100, 256,  32,  49152,  4, 32, 64, SHARED_MEMORY",
    // The most a block may have leaves room for no other; a byte more does not fit.
    "a100, 256,  32, 166912,  1,  8, 64, SHARED_MEMORY",
    "h100, 256,  32, 232448,  1,  8, 64, SHARED_MEMORY",
    "h100, 256,  32, 232449,  0,  0, 64, SHARED_MEMORY",
    // 19.5 KiB and 1 KiB make 8 blocks of exactly 164 KiB; one byte more is 128 more.
    "a100, 256,  32,  19968,  8, 64, 64, WARPS",
    "a100, 256,  32,  19969,  7, 56, 64, SHARED_MEMORY",
    // Before 8.0 the unit is 256 bytes and nothing is kept: 12 KiB 8 times in 96 KiB.
    "v100, 256,  32,  12288,  8, 64, 64, WARPS",
    "v100, 256,  32,  12289,  7, 56, 64, SHARED_MEMORY",
  })
  void isThatOfTheCalculator(
      String gpu,
      int threads,
      int registers,
      long sharedBytes,
      int blocks,
      int warps,
      int maxWarps,
      Limit limit) {
    ComputeCapability capability = GpuModel.named(gpu).capability();
    assertThat(Occupancy.of(capability, threads, registers, sharedBytes))
        .isEqualTo(new Occupancy(blocks, warps, maxWarps, limit))
        .returns((double) warps / maxWarps, Occupancy::share);
  }
}

package dev.lockstep.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LaunchTests {
  @Test
  void aFlatLaunchHasOneDimension() {
    assertThat(Launch.of(5, 96)).isEqualTo(new Launch(new Dim3(5, 1, 1), new Dim3(96, 1, 1), 0));
  }

  @ParameterizedTest(name = "{6}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          0 | 1 | 1 | 1 | 1 | 0 | grid (0,1,1) must be at least 1 in every dimension
          1 | 0 | 1 | 1 | 1 | 0 | grid (1,0,1) must be at least 1 in every dimension
          1 | 1 | 1 | 0 | 1 | 0 | block (0,1,1) must be at least 1 in every dimension
          1 | 65536 | 1 | 1 | 1 | 0 | grid (1,65536,1): y and z go up to 65535
          1 | 1 | 65536 | 1 | 1 | 0 | grid (1,1,65536): y and z go up to 65535
          1 | 1 | 1 | 1025 | 1 | 0 | block (1025,1,1) has 1025 threads, at most 1024
          1 | 1 | 1 | 33 | 32 | 0 | block (33,32,1) has 1056 threads, at most 1024
          1 | 1 | 1 | 1 | 1 | -1 | sharedBytes -1 must not be negative
          """)
  void whatNoDeviceCanLaunchIsRefused(
      int gridX, int gridY, int gridZ, int blockX, int blockY, int sharedBytes, String message) {
    Dim3 grid = new Dim3(gridX, gridY, gridZ);
    Dim3 block = new Dim3(blockX, blockY, 1);
    assertThatThrownBy(() -> new Launch(grid, block, sharedBytes))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void blocksAreAtMost64Deep() {
    assertThatThrownBy(() -> new Launch(new Dim3(1), new Dim3(1, 1, 65), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("block (1,1,65): z goes up to 64");
    assertThat(new Launch(new Dim3(1), new Dim3(1, 1, 64), 0).block().z()).isEqualTo(64);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          0 | 1 | 1 | cluster (0,1,1) must be at least 1 in every dimension
          1 | 1 | -2 | cluster (1,1,-2) must be at least 1 in every dimension
          3 | 1 | 1 | cluster (3,1,1) must divide the grid (32,4,2) in every dimension
          1 | 3 | 1 | cluster (1,3,1) must divide the grid (32,4,2) in every dimension
          1 | 1 | 4 | cluster (1,1,4) must divide the grid (32,4,2) in every dimension
          32 | 1 | 1 | cluster (32,1,1) has 32 blocks, at most 16
          16 | 2 | 1 | cluster (16,2,1) has 32 blocks, at most 16
          """)
  void aClusterNoGpuHasIsRefused(int x, int y, int z, String message) {
    Launch launch = new Launch(new Dim3(32, 4, 2), new Dim3(1), 0);
    assertThatThrownBy(() -> launch.withCluster(new Dim3(x, y, z)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void aClusterIsPartOfALaunch() {
    Launch launch = new Launch(new Dim3(32, 4, 2), new Dim3(8), 64);
    assertThat(launch.cluster()).isEmpty();
    assertThat(launch).hasToString("Launch[grid=(32,4,2), block=(8,1,1), sharedBytes=64]");
    Launch together = launch.withCluster(new Dim3(4, 2, 2));
    assertThat(together.cluster()).hasValue(new Dim3(4, 2, 2));
    assertThat(together)
        .isNotEqualTo(launch)
        .hasToString("Launch[grid=(32,4,2), block=(8,1,1), sharedBytes=64, cluster=(4,2,2)]");
  }

  @Test
  void theLargestGridAndBlockAreAllowed() {
    assertThat(Launch.of(Integer.MAX_VALUE, 1024).grid().count()).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void moreBlocksThanAGridHoldsAreRefusedNotTruncated() {
    assertThatThrownBy(() -> Launch.of(1L << 32, 32))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("grid of 4294967296 blocks, at most 2147483647");
  }

  @Test
  void countsDoNotOverflowAnInt() {
    assertThat(new Dim3(65536, 65536, 2).count()).isEqualTo(1L << 33);
  }
}

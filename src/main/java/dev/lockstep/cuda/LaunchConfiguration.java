package dev.lockstep.cuda;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.MemoryLayout.structLayout;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lockstep.device.Dim3;
import dev.lockstep.device.Launch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * What {@code cuLaunchKernelEx} takes beside the kernel and its parameters: a {@code
 * CUlaunchConfig} and one {@code CUlaunchAttribute}, the size of clusters. Kept and filled again.
 */
final class LaunchConfiguration {
  static final StructLayout CONFIGURATION =
      structLayout(
          JAVA_INT.withName("gridDimX"),
          JAVA_INT.withName("gridDimY"),
          JAVA_INT.withName("gridDimZ"),
          JAVA_INT.withName("blockDimX"),
          JAVA_INT.withName("blockDimY"),
          JAVA_INT.withName("blockDimZ"),
          JAVA_INT.withName("sharedMemBytes"),
          paddingLayout(4),
          JAVA_LONG.withName("hStream"),
          JAVA_LONG.withName("attrs"),
          JAVA_INT.withName("numAttrs"),
          paddingLayout(4));

  /** Its value is a union of 64 bytes, of which the size of a cluster takes twelve. */
  static final StructLayout ATTRIBUTE =
      structLayout(
          JAVA_INT.withName("id"),
          paddingLayout(4),
          structLayout(
                  JAVA_INT.withName("x"),
                  JAVA_INT.withName("y"),
                  JAVA_INT.withName("z"),
                  paddingLayout(52))
              .withName("value"));

  /** {@code CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION}. */
  static final int CLUSTER_DIMENSION = 4;

  private static final long GRID = at(CONFIGURATION, "gridDimX");
  private static final long BLOCK = at(CONFIGURATION, "blockDimX");
  private static final long SHARED = at(CONFIGURATION, "sharedMemBytes");
  private static final long STREAM = at(CONFIGURATION, "hStream");
  private static final long ATTRIBUTES = at(CONFIGURATION, "attrs");
  private static final long COUNT = at(CONFIGURATION, "numAttrs");
  private static final long ID = at(ATTRIBUTE, "id");
  private static final long VALUE = at(ATTRIBUTE, "value");

  private final MemorySegment configuration;
  private final MemorySegment attribute;

  LaunchConfiguration(Arena arena) {
    configuration = arena.allocate(CONFIGURATION);
    attribute = arena.allocate(ATTRIBUTE);
    configuration.set(JAVA_LONG, ATTRIBUTES, attribute.address());
    configuration.set(JAVA_INT, COUNT, 1);
    attribute.set(JAVA_INT, ID, CLUSTER_DIMENSION);
  }

  /** Describes the next launch; returns the configuration's address. */
  long of(Launch launch, Dim3 cluster, long stream) {
    set(configuration, GRID, launch.grid());
    set(configuration, BLOCK, launch.block());
    configuration.set(JAVA_INT, SHARED, launch.sharedBytes());
    configuration.set(JAVA_LONG, STREAM, stream);
    set(attribute, VALUE, cluster);
    return configuration.address();
  }

  private static void set(MemorySegment structure, long at, Dim3 extents) {
    structure.set(JAVA_INT, at, extents.x());
    structure.set(JAVA_INT, at + 4, extents.y());
    structure.set(JAVA_INT, at + 8, extents.z());
  }

  private static long at(MemoryLayout structure, String field) {
    return structure.byteOffset(groupElement(field));
  }
}

package dev.lockstep.profile.bench;

import dev.lockstep.profile.Units;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The same work in one kernel and in several.
 *
 * @param fused in one
 * @param apart in several
 * @param leastBytes what the first must save: tensors that are not written to be read again
 */
public record Fusion(BenchCase fused, BenchCase apart, long leastBytes) {
  /**
   * What was saved, as counted.
   *
   * @param fusedBytes requested of global memory, likewise {@code apartBytes}
   */
  public record Saving(Fusion fusion, long fusedBytes, long apartBytes) {
    /** Bytes; below 0 when more were moved. */
    public long bytes() {
      return apartBytes - fusedBytes;
    }

    /** Whether it is less than it must be. */
    public boolean isMissed() {
      return bytes() < fusion.leastBytes();
    }

    /** In one line. */
    @Override
    public String toString() {
      return "%s: %s, %s apart; saves %s, at least %s%s"
          .formatted(
              fusion.fused(),
              Units.bytes(fusedBytes),
              Units.bytes(apartBytes),
              bytes() < 0 ? "-" + Units.bytes(-bytes()) : Units.bytes(bytes()),
              Units.bytes(fusion.leastBytes()),
              isMissed() ? " MISSED" : "");
    }
  }

  /** Of two cases that were both counted; empty otherwise. */
  public Optional<Saving> saving(List<BenchResult> results) {
    Optional<Long> one = bytes(results, fused);
    Optional<Long> other = bytes(results, apart);
    return one.isPresent() && other.isPresent()
        ? Optional.of(new Saving(this, one.get(), other.get()))
        : Optional.empty();
  }

  private static Optional<Long> bytes(List<BenchResult> results, BenchCase row) {
    return results.stream()
        .filter(result -> result.row().equals(row))
        .findFirst()
        .flatMap(BenchResult::traffic)
        .map(traffic -> traffic.sectors() * Traffic.SECTOR);
  }

  /** For machines. */
  static Map<String, Object> json(Saving saving) {
    BenchCase fused = saving.fusion().fused();
    return new TreeMap<>(
        Map.of(
            "kernel", fused.kernel(),
            "pass", fused.pass(),
            "tile", fused.tile(),
            "fusedBytes", saving.fusedBytes(),
            "apartBytes", saving.apartBytes(),
            "savedBytes", saving.bytes(),
            "leastBytes", saving.fusion().leastBytes()));
  }
}

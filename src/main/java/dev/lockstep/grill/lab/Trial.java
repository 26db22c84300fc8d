package dev.lockstep.grill.lab;

import dev.lockstep.device.Device;
import dev.lockstep.grill.evidence.Draws;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One run of a lab.
 *
 * @param seed of everything that is drawn
 * @param longForm whether to take the time for the larger sizes a lab may offer
 * @param device where kernels run
 */
public record Trial(long seed, boolean longForm, Device device) {
  /** For what needs no repetition. */
  public Draws draws() {
    return Draws.of(seed);
  }

  /** For an experiment that is to be repeated. */
  public List<Draws> repeats(int count) {
    return IntStream.range(0, count).mapToObj(i -> draws().child(i)).toList();
  }
}

package dev.lockstep.simulator.counters;

import dev.lockstep.device.Counts;
import dev.lockstep.device.Launch;
import dev.lockstep.device.LaunchCounts;
import dev.lockstep.device.LineCounts;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.ptx.SourceLocation;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.execution.Tally;
import dev.lockstep.simulator.lowering.Instrument;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** A kernel lowered with ops that count, and how to read what they counted. */
public final class CountedKernel {
  private final LoweredKernel lowered;
  private final Slots slots;
  private final List<Site> sites;
  private final List<List<LineCounts.SourceLine>> sources;

  private CountedKernel(LoweredKernel lowered, PtxModule module, CountingInstrument instrument) {
    this.lowered = lowered;
    this.slots = instrument.slots();
    this.sites =
        instrument.sites().stream()
            // What stands for the end of the text is no instruction of it.
            .filter(site -> !site.instruction().text().equals("}"))
            .sorted(
                Comparator.comparingInt((Site site) -> site.instruction().line())
                    .thenComparing(site -> site.instruction().text()))
            .toList();
    this.sources = sites.stream().map(site -> source(site.instruction(), module)).toList();
  }

  /**
   * Lowers a kernel.
   *
   * @param inner what else is put around its ops, below what counts
   * @param lowering lowers with the instrument it is given
   */
  public static CountedKernel lower(
      PtxModule module, Instrument inner, Function<Instrument, LoweredKernel> lowering) {
    CountingInstrument instrument = new CountingInstrument(inner);
    return new CountedKernel(lowering.apply(instrument), module, instrument);
  }

  /** The kernel, to be run with {@link #tallies}. */
  public LoweredKernel lowered() {
    return lowered;
  }

  /** What the workers of one launch count in, one each. */
  public List<? extends Tally> tallies(int workers) {
    return Stream.generate(slots::newTally).limit(workers).toList();
  }

  /**
   * What was counted in a launch.
   *
   * @param tallies of that launch, from {@link #tallies}
   */
  public LaunchCounts report(Launch launch, List<? extends Tally> tallies) {
    KernelTally sum = KernelTally.sum(tallies.stream().map(t -> (KernelTally) t).toList());
    Counts.Builder totals = new Counts.Builder();
    List<LineCounts> lines = new ArrayList<>();
    for (int i = 0; i < sites.size(); i++) {
      Instruction in = sites.get(i).instruction();
      Counts counts = sites.get(i).counts(sum.counts);
      totals.add(counts);
      lines.add(new LineCounts(in.line(), in.text(), sources.get(i), counts));
    }
    return new LaunchCounts(
        lowered.name(),
        launch.grid(),
        launch.block(),
        totals.build(),
        sum.loaded.bytes(),
        sum.stored.bytes(),
        lines);
  }

  private static List<LineCounts.SourceLine> source(Instruction in, PtxModule module) {
    List<LineCounts.SourceLine> lines = new ArrayList<>();
    for (SourceLocation at = in.location(); at != null; at = at.inlinedAt()) {
      String path = module.files().getOrDefault(at.file(), "file " + at.file());
      lines.add(new LineCounts.SourceLine(path, at.line()));
    }
    return lines;
  }
}

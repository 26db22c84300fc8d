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
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.RandomAccess;
import java.util.function.Function;
import java.util.stream.Stream;

/** A kernel lowered with ops that count, and how to read what they counted. */
public final class CountedKernel {
  private final LoweredKernel lowered;
  private final Slots slots;
  private final List<Line> lines;

  /** An instruction of the kernel, and how what it did is found. */
  private record Line(Instruction in, List<LineCounts.SourceLine> source, Terms terms) {
    LineCounts counts(long[] counts) {
      Counts.Builder sum = new Counts.Builder();
      terms.sum(counts, sum);
      return new LineCounts(in.line(), in.text(), source, sum.build());
    }
  }

  /** What each line did: found out when it is asked for, as many ask for the totals alone. */
  private static final class Report extends AbstractList<LineCounts> implements RandomAccess {
    private final List<Line> lines;
    private final long[] counts;

    Report(List<Line> lines, long[] counts) {
      this.lines = lines;
      this.counts = counts;
    }

    @Override
    public LineCounts get(int i) {
      return lines.get(i).counts(counts);
    }

    @Override
    public int size() {
      return lines.size();
    }
  }

  private CountedKernel(LoweredKernel lowered, PtxModule module, CountingInstrument instrument) {
    this.lowered = lowered;
    this.slots = instrument.slots();
    this.lines =
        instrument.sites().stream()
            // What stands for the end of the text is no instruction of it.
            .filter(site -> !site.instruction().text().equals("}"))
            .sorted(
                Comparator.comparingInt((Site site) -> site.instruction().line())
                    .thenComparing(site -> site.instruction().text()))
            .map(site -> line(site, module))
            .toList();
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
    lines.forEach(line -> line.terms().sum(sum.counts, totals));
    return new LaunchCounts(
        lowered.name(),
        launch.grid(),
        launch.block(),
        totals.build(),
        sum.loaded.bytes(),
        sum.stored.bytes(),
        new Report(lines, sum.counts));
  }

  private static Line line(Site site, PtxModule module) {
    return new Line(site.instruction(), source(site.instruction(), module), site.terms());
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

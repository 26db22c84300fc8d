/**
 * Text, tokens and batches. Start with {@link dev.lockstep.data.Corpus}, which reads text and holds
 * a tenth of it out; {@link dev.lockstep.data.BatchSampler} draws training batches from the rest
 * and {@link dev.lockstep.data.HeldOutBatches} walks over the tenth. {@link
 * dev.lockstep.data.NGramBaseline} says what a model that only counts would reach.
 */
@NullMarked
package dev.lockstep.data;

import org.jspecify.annotations.NullMarked;

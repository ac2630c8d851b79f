/**
 * Looks at a data set before anyone trains on it: what may be wrong with its depth, its pictures and how they belong
 * together.
 *
 * <p>{@link dev.fathom.training.data.doctor.Checkup} reads frames (a sample of a large set) and keeps a few numbers of
 * each, {@link dev.fathom.training.data.doctor.FrameFacts}. The checks, one class a kind of fault, judge these numbers
 * alone and answer in {@link dev.fathom.training.data.doctor.Finding findings}.
 */
package dev.fathom.training.data.doctor;

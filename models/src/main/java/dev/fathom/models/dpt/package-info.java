/**
 * The dense prediction transformer's decoder (Ranftl et al. 2021) as Depth Anything V2 has it ({@code
 * depth_anything_v2/dpt.py}, {@code util/blocks.py}): four token sequences become four feature maps, which are fused
 * from coarse to fine.
 */
package dev.fathom.models.dpt;

#!/bin/bash
# Encodes in parts and merges them when all are done:
#
#     IMAGES=/data/images.txt MODEL=/models/a OUT=/data/latents PARTS=64 ./submit.sh
#
# OPTIONS holds more options of encode, LATENT_VAE the command if it is not on the path.
set -euo pipefail
cd "$(dirname "$0")"
export IMAGES MODEL OUT
array=$(sbatch --parsable --array="0-$((${PARTS:-16} - 1))" encode.sbatch)
merge=$(sbatch --parsable --dependency="afterok:$array" merge.sbatch)
echo "array $array, then merge $merge"

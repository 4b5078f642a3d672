/// The options of the training programs whose names are understood here, as their parsers have them.
enum OtherPrograms {
  /// timm's `train.py` of 1.0.
  static let timm = """
    --config -c --data --data-dir --dataset -d --train-split --val-split --train-num-samples --val-num-samples
    --dataset-download --class-map --input-img-mode --input-key --target-key --dataset-trust-remote-code --model --pretrained
    --pretrained-path --initial-checkpoint --resume --no-resume-opt --num-classes --gp --img-size --in-chans --input-size
    --crop-pct --mean --std --interpolation -b --batch-size -vb --validation-batch-size --channels-last --fuser
    --grad-accum-steps --grad-checkpointing --fast-norm --model-kwargs --head-init-scale --head-init-bias
    --torchcompile-mode --torchscript --torchcompile --device --amp --amp-dtype --amp-impl --model-dtype --no-ddp-bb
    --synchronize-step --local_rank --device-modules --opt --opt-eps --opt-betas --momentum --weight-decay --clip-grad
    --clip-mode --layer-decay --layer-decay-min-scale --layer-decay-no-opt-scale --opt-kwargs --sched --sched-on-updates
    --lr --lr-base --lr-base-size --lr-base-scale --lr-noise --lr-noise-pct --lr-noise-std --lr-cycle-mul
    --lr-cycle-decay --lr-cycle-limit --lr-k-decay --warmup-lr --min-lr --epochs --epoch-repeats --start-epoch
    --decay-milestones --decay-epochs --warmup-epochs --warmup-prefix --cooldown-epochs --patience-epochs --decay-rate --dr
    --no-aug --train-crop-mode --scale --ratio --hflip --vflip --color-jitter --color-jitter-prob --grayscale-prob
    --gaussian-blur-prob --aa --aug-repeats --aug-splits --jsd-loss --bce-loss --bce-sum --bce-target-thresh
    --bce-pos-weight --reprob --remode --recount --resplit --mixup --cutmix --cutmix-minmax --mixup-prob
    --mixup-switch-prob --mixup-mode --mixup-off-epoch --smoothing --train-interpolation --drop --drop-connect --drop-path
    --drop-block --bn-momentum --bn-eps --sync-bn --dist-bn --split-bn --model-ema --model-ema-force-cpu --model-ema-decay
    --model-ema-warmup --seed --worker-seeding --log-interval --recovery-interval --checkpoint-hist -j --workers
    --save-images --pin-mem --no-prefetcher --output --experiment --eval-metric --tta --use-multi-epochs-loader
    --log-wandb --wandb-project --wandb-tags --wandb-resume-id --naflex-loader --naflex-train-seq-lens
    --naflex-max-seq-len --naflex-patch-sizes --naflex-patch-size-probs --naflex-loss-scale --kd-model-name
    --kd-distill-type --kd-loss-type --distill-loss-weight --task-loss-weight --kd-temperature --kd-student-feature-dim
    --kd-teacher-feature-dim --kd-token-distill-type --native-amp --apex-amp
    """.names

  /// open_clip's `params.py` of 3.3.
  static let openClip = """
    --train-data --train-data-upsampling-factors --val-data --train-num-samples --val-num-samples --dataset-type
    --dataset-resampled --csv-separator --csv-img-key --csv-caption-key --imagenet-val --imagenet-v2 --cache-dir --logs
    --log-local --name --workers --batch-size --epochs --epochs-cooldown --lr --beta1 --beta2 --eps --wd --momentum
    --warmup --opt --use-bn-sync --skip-scheduler --lr-scheduler --lr-cooldown-end --lr-cooldown-power --save-frequency
    --save-most-recent --zeroshot-frequency --val-frequency --resume --precision --model --pretrained
    --pretrained-image --lock-image --lock-image-unlocked-groups --lock-image-freeze-bn-stats --image-mean --image-std
    --image-interpolation --image-resize-mode --aug-cfg --grad-checkpointing --local-loss --gather-with-grad
    --force-context-length --force-image-size --force-quick-gelu --force-patch-dropout --force-custom-text
    --torchscript --torchcompile --trace --accum-freq --device --dist-url --dist-backend --report-to --wandb-notes
    --wandb-project-name --debug --copy-codebase --horovod --ddp-static-graph --no-set-device-rank --seed
    --grad-clip-norm --lock-text --lock-text-unlocked-layers --lock-text-freeze-layer-norm --log-every-n-steps
    --coca-caption-loss-weight --coca-contrastive-loss-weight --remote-sync --remote-sync-frequency
    --remote-sync-protocol --delete-previous-checkpoint --distill-model --distill-pretrained --use-bnb-linear --siglip
    --loss-dist-impl
    """.names

  /// transformers' `TrainingArguments` of 4 and 5, and what `run_glue` and `run_classification` add.
  static let transformers = """
    --output_dir --per_device_train_batch_size --num_train_epochs --max_steps --learning_rate --lr_scheduler_type
    --lr_scheduler_kwargs --warmup_steps --optim --optim_args --weight_decay --adam_beta1 --adam_beta2 --adam_epsilon
    --optim_target_modules --gradient_accumulation_steps --average_tokens_across_devices --max_grad_norm
    --label_smoothing_factor --bf16 --fp16 --bf16_full_eval --fp16_full_eval --tf32 --activation_checkpointing
    --activation_checkpointing_kwargs --gradient_checkpointing --gradient_checkpointing_kwargs --torch_compile
    --torch_compile_backend --torch_compile_mode --use_liger_kernel --liger_kernel_config --use_cache
    --neftune_noise_alpha --torch_empty_cache_steps --auto_find_batch_size --logging_strategy --logging_steps
    --logging_first_step --log_on_each_node --logging_nan_inf_filter --include_num_input_tokens_seen --log_level
    --log_level_replica --disable_tqdm --report_to --run_name --project --trackio_space_id --trackio_bucket_id
    --trackio_static_space_id --eval_strategy --eval_steps --eval_delay --per_device_eval_batch_size
    --prediction_loss_only --eval_on_start --eval_do_concat_batches --eval_use_gather_object --eval_accumulation_steps
    --include_for_metrics --batch_eval_metrics --save_only_model --save_strategy --save_steps --save_on_each_node
    --save_total_limit --enable_jit_checkpoint --push_to_hub --hub_token --hub_private_repo --hub_model_id
    --hub_strategy --hub_always_push --hub_revision --load_best_model_at_end --metric_for_best_model
    --greater_is_better --ignore_data_skip --restore_callback_states_from_checkpoint --full_determinism --seed
    --data_seed --use_cpu --accelerator_config --parallelism_config --dataloader_drop_last --dataloader_num_workers
    --dataloader_pin_memory --dataloader_persistent_workers --dataloader_prefetch_factor
    --dataloader_multiprocessing_context --dataloader_in_order --remove_unused_columns --label_names
    --train_sampling_strategy --length_column_name --ddp_find_unused_parameters --ddp_bucket_cap_mb
    --ddp_broadcast_buffers --ddp_static_graph --ddp_backend --ddp_timeout --fsdp --fsdp_config --deepspeed --debug
    --skip_memory_metrics --do_train --do_eval --do_predict --resume_from_checkpoint --local_rank --warmup_ratio
    --overwrite_output_dir --evaluation_strategy --per_gpu_train_batch_size --per_gpu_eval_batch_size --no_cuda
    --use_mps_device --logging_dir --save_safetensors --half_precision_backend --fp16_opt_level --fp16_backend
    --past_index --jit_mode_eval --use_ipex --group_by_length --torchdynamo --ray_scope --mp_parameters
    --include_inputs_for_metrics --include_tokens_per_second --split_batches --tpu_num_cores --task_name --dataset_name
    --dataset_config_name --max_seq_length --overwrite_cache --pad_to_max_length --max_train_samples --max_eval_samples
    --max_predict_samples --train_file --validation_file --test_file --model_name_or_path --config_name
    --tokenizer_name --cache_dir --use_fast_tokenizer --model_revision --token --use_auth_token --trust_remote_code
    --ignore_mismatched_sizes --do_regression --metric_name --remove_splits --train_split_name --validation_split_name
    --test_split_name --remove_columns --text_column_names --text_column_delimiter --label_column_name
    --shuffle_train_dataset --shuffle_seed
    """.names
}

extension String {
  fileprivate var names: [String] { split { $0 == " " || $0 == "\n" }.map(String.init) }
}

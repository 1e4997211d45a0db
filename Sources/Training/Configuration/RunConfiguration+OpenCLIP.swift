import OpenCLIP

/// Ours for the flags of open_clip's trainer, and for its model files.
extension RunConfiguration {
  static let openClipFlags: [String: String] = [
    "train_data": "Ours: data", "val_data": "Ours: validation.sets",
    "imagenet_val": "Ours: validation.sets with task: zero-shot",
    "imagenet_v2": "Ours: validation.sets with task: zero-shot",
    "train_num_samples": "Ours: samples (of the whole run); a source's size is read from it",
    "val_num_samples": "Ours: validation.sets.limit",
    "train_data_upsampling_factors": "Ours: data.weight",
    "dataset_type": "Pack the data with coca-shard first",
    "dataset_resampled": "Leave it out: every sample comes once per epoch",
    "csv_img_key": "Use coca-shard pack --image-column",
    "csv_caption_key": "Use coca-shard pack --caption-column",
    "csv_separator": "Use coca-shard pack --format tsv",
    "batch_size": "Ours: batch (pairs per step over all ranks, not per rank)",
    "batchsize": "Ours: batch (pairs per step over all ranks, not per rank)",
    "accum_freq": "Ours: microbatch (pairs per forward pass)",
    "gradient_accumulation_steps": "Ours: microbatch (pairs per forward pass)",
    "lr": "Ours: optimizer.lr", "learning_rate": "Ours: optimizer.lr",
    "wd": "Ours: optimizer.weight_decay", "weight_decay": "Ours: optimizer.weight_decay",
    "beta1": "Ours: optimizer.beta1", "beta2": "Ours: optimizer.beta2",
    "eps": "Ours: optimizer.epsilon", "opt": "Ours: optimizer.name",
    "momentum": "Ours: optimizer.beta1",
    "grad_clip_norm": "Ours: optimizer.clip", "grad_clip": "Ours: optimizer.clip",
    "wd_exclude": "Ours: optimizer.decay",
    "warmup": "Ours: schedule.warmup", "warmup_steps": "Ours: schedule.warmup",
    "lr_scheduler": "Ours: schedule.decay", "skip_scheduler": "Ours: schedule.decay: constant",
    "epochs_cooldown": "Ours: schedule.decay", "lr_cooldown_end": "Ours: schedule.decay",
    "lr_cooldown_power": "Ours: schedule.decay",
    "coca_caption_loss_weight": "Ours: loss.caption",
    "coca_contrastive_loss_weight": "Ours: loss.contrastive",
    "workers": "Leave it out; threads are set with --threads",
    "num_workers": "Leave it out; threads are set with --threads",
    "threads": "Use --threads", "binding": "Use --binding",
    "save_frequency": "Ours: checkpoint.every",
    "delete_previous_checkpoint": "Ours: checkpoint.keep",
    "save_most_recent": "Ours: checkpoint.keep",
    "val_frequency": "Ours: validation.every", "zeroshot_frequency": "Ours: validation.every",
    "log_every_n_steps": "Ours: log.every",
    "resume": "Use --resume", "pretrained": "Ours: init", "pretrained_image": "Ours: init",
    "logs": "Use --output", "name": "Use --output", "output": "Use --output",
    "grad_checkpointing": "Ours: recompute",
    "siglip": "Leave it out: the contrastive loss is CoCa's, not SigLIP's",
    "loss_dist_impl": "Ours: contrastive_exchange",
    "local_loss": "Leave it out: the loss is always exact over all ranks",
    "gather_with_grad": "Leave it out: the loss is always exact over all ranks",
    "image_mean": "Ours: model.image.mean", "image_std": "Ours: model.image.std",
    "image_interpolation": "Ours: model.image.interpolation",
    "image_resize_mode": "Ours: model.image.fit", "force_image_size": "Ours: model.image.size",
    "force_quick_gelu": "Ours: model.activation: quick_gelu",
    "force_patch_dropout": "Leave it out: no patch is dropped",
    "force_custom_text": "Leave it out: the text half is always CoCa's own",
    "lock_image": allTrained, "lock_image_unlocked_groups": allTrained,
    "lock_image_freeze_bn_stats": allTrained, "lock_text": allTrained,
    "lock_text_unlocked_layers": allTrained, "lock_text_freeze_layer_norm": allTrained,
    "distill_model": "Leave it out: no other model teaches this one",
    "distill_pretrained": "Leave it out: no other model teaches this one",
    "aug_cfg": "Ours: augment", "report_to": metricsWritten,
    "wandb_notes": metricsWritten, "wandb_project_name": metricsWritten,
    "log_local": "Leave it out: rank 0 writes all logs",
    "debug": "Leave it out; --dry-run shows the plan, --profile shows steps",
    "copy_codebase": "Leave it out: the output's run.yaml and header.json say what ran",
    "remote_sync": "Copy the output folder", "remote_sync_frequency": "Copy the output folder",
    "remote_sync_protocol": "Copy the output folder",
    "cache_dir": "Leave it out: nothing is downloaded",
    "device": "Leave it out", "amp": "Ours: precision", "use_bnb_linear": "Ours: precision",
    "torchcompile": alreadyCompiled, "torchscript": alreadyCompiled, "trace": alreadyCompiled,
    "dist_url": startedByMPI, "dist_backend": startedByMPI, "horovod": startedByMPI,
    "ddp_static_graph": startedByMPI, "no_set_device_rank": startedByMPI,
    "use_bn_sync": "Leave it out: there is no batch norm",
  ]

  private static let allTrained = "Leave it out: every weight is trained"
  private static let metricsWritten = "Leave it out: metrics.jsonl is always written"
  private static let alreadyCompiled = "Leave it out: the program is compiled already"
  private static let startedByMPI = "Leave it out: mpirun starts the ranks and connects them"

  /// Keys of open_clip's model files.
  static let openClipModelKeys: Set = [
    "embed_dim", "vision_cfg", "text_cfg", "multimodal_cfg", "custom_text", "model_cfg",
    "preprocess_cfg",
  ]

  static let openClipModelRemedy =
    "This is a model file of open_clip's. Name a preset ("
    + OpenCLIPSource.names.joined(separator: ", ")
    + "), or the checkpoint that coca-convert import makes of its weights"
}
